// Opens the records of a range of slots, many at a time: what a library is loaded from, whichever thread does it.
import type { PersonHandle, StoredFaces } from '../gallery/ports.ts';
import { slotsAtATime } from './record-file.ts';
import {
  copyTemplate,
  faceNumberOf,
  isOfKind,
  recordBytes,
  type TemplateKind,
  templateKindOf,
} from './records.ts';
import { SealedRange } from './sealed-range.ts';
import type { Slot } from './slot-file.ts';
import type { OwnerColumns, ProfileColumns, SlotRange } from './sqlite/owner-columns.ts';
import type { Vault } from './vault.ts';

/** Columns and one block of memory, which pass between threads quickest. */
export interface OpenedRecords {
  readonly profiles: Omit<ProfileColumns, 'lookups' | 'slots'>;
  /** Their templates stand in the memory. */
  readonly faces: readonly StoredFaces[];
  /** Records that did not open. */
  readonly damaged: readonly Slot[];
  /** In clear: first the profiles, each in the room of a record; one that did not open reads zero. */
  readonly memory: Uint8Array<ArrayBuffer>;
}

export class RecordOpener {
  readonly #owners: OwnerColumns;
  readonly #vault: Vault;
  readonly #sealed = new SealedRange(slotsAtATime);

  constructor(owners: OwnerColumns, vault: Vault) {
    this.#owners = owners;
    this.#vault = vault;
  }

  /** @param memory of a former range, which reads zero */
  open(range: SlotRange, memory = new Uint8Array(slotsAtATime * recordBytes)): OpenedRecords {
    const { lookups, slots, ...profiles } = this.#owners.listProfiles(range);
    const faces = this.#owners.listFaces(range);
    const opened = new OpenedFaces(memory, slots.length * recordBytes, faces.slots.length);
    const damaged: Slot[] = [];
    const onProfile = (record: Buffer | undefined, i: number) => {
      if (record === undefined) damaged.push(slots[i]!);
      else memory.set(record, i * recordBytes);
    };
    const onFace = (record: Buffer | undefined, i: number) => {
      if (record === undefined) damaged.push(faces.slots[i]!);
      else opened.add(faces.persons[i]!, record);
    };
    if (slots.length + faces.slots.length > 0) {
      const owners = [
        { kind: 'profile', slots, lookups, onRecord: onProfile } as const,
        { kind: 'face', ...faces, onRecord: onFace } as const,
      ];
      this.#vault.unsealRange(range.from, owners, this.#sealed);
    }
    return { profiles, faces: opened.byModel(), damaged, memory };
  }
}

/** Faces side by side as they are opened; those of one model most often follow each other. */
class OpenedFaces {
  readonly #memory: Uint8Array<ArrayBuffer>;
  readonly #persons: Float64Array;
  readonly #faceIds: Float64Array;
  readonly #runs: { readonly kind: TemplateKind; readonly at: number; readonly first: number }[] = [];
  #at: number;
  #count = 0;

  /** @param at where in the memory there is room for templates */
  constructor(memory: Uint8Array<ArrayBuffer>, at: number, most: number) {
    this.#memory = memory;
    this.#at = at;
    this.#persons = new Float64Array(most);
    this.#faceIds = new Float64Array(most);
  }

  add(person: PersonHandle, record: Buffer): void {
    let run = this.#runs.at(-1);
    if (run === undefined || !isOfKind(record, run.kind)) {
      run = { kind: templateKindOf(record), at: this.#at, first: this.#count };
      this.#runs.push(run);
    }
    copyTemplate(record, this.#memory, this.#at, run.kind);
    this.#at += run.kind.dimensions * 4;
    this.#persons[this.#count] = person;
    this.#faceIds[this.#count] = faceNumberOf(record);
    this.#count++;
  }

  byModel(): StoredFaces[] {
    return this.#runs.map(({ kind: { modelId, dimensions }, at, first }, i) => {
      const end = this.#runs[i + 1]?.first ?? this.#count;
      return {
        modelId,
        persons: this.#persons.slice(first, end),
        faceIds: this.#faceIds.slice(first, end),
        templates: new Float32Array(this.#memory.buffer, at, (end - first) * dimensions),
      };
    });
  }
}
