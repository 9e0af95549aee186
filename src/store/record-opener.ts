// Opens the records of a range of slots, many at a time: what a library is loaded from, whichever thread does it.
import type { PersonHandle, PersonProfile, Slot } from '../gallery/ports.ts';
import { decodeFace, decodeProfile, maxDimensions } from './records.ts';
import type { Catalogue, FaceRow, SlotRange } from './sqlite/catalogue.ts';
import type { SlotOwner, Vault } from './vault.ts';

/** Faces of a range in the order of their slots; column by column, which passes between threads quickest. */
export interface OpenedFaces {
  readonly persons: PersonHandle[];
  readonly faceIds: string[];
  readonly modelIds: string[];
  /** Of each template. */
  readonly dimensions: number[];
  /** One after the other, each in the room of the widest. */
  readonly templates: Float32Array<ArrayBuffer>;
  /** Slots of records that do not open. */
  readonly damaged: Slot[];
}

export interface OpenedProfiles {
  readonly persons: PersonHandle[];
  readonly accounts: string[];
  readonly profiles: PersonProfile[];
  /** Numbers of each person's groups. */
  readonly groups: number[][];
  readonly damaged: Slot[];
}

export class RecordOpener {
  readonly #catalogue: Catalogue;
  readonly #vault: Vault;

  constructor(catalogue: Catalogue, vault: Vault) {
    this.#catalogue = catalogue;
    this.#vault = vault;
  }

  /** @param memory to put the templates into where it is large enough */
  openFaces(range: SlotRange, memory?: Float32Array<ArrayBuffer>): OpenedFaces {
    const rows = this.#catalogue.listFacesIn(range);
    const length = rows.length * maxDimensions;
    const opened: OpenedFaces = {
      persons: [],
      faceIds: [],
      modelIds: [],
      dimensions: [],
      templates: memory !== undefined && memory.length >= length ? memory : new Float32Array(length),
      damaged: [],
    };
    this.#open('face', range, rows, opened.damaged, (row, record) => {
      const room = opened.templates.subarray(opened.persons.length * maxDimensions);
      const { faceId, modelId, template } = decodeFace(record, room);
      opened.persons.push(row.person);
      opened.faceIds.push(faceId);
      opened.modelIds.push(modelId);
      opened.dimensions.push(template.length);
    });
    return opened;
  }

  openProfiles(range: SlotRange): OpenedProfiles {
    const rows = this.#catalogue.listPersonsIn(range);
    const groups = this.#catalogue.listGroupNumbersIn(range);
    const opened: OpenedProfiles = { persons: [], accounts: [], profiles: [], groups: [], damaged: [] };
    this.#open('profile', range, rows, opened.damaged, (row, record) => {
      opened.persons.push(row.person);
      opened.accounts.push(row.account);
      opened.profiles.push(decodeProfile(record));
      opened.groups.push(groups.get(row.person) ?? []);
    });
    return opened;
  }

  /** One reading of the files, so that the disk reads in sequence. */
  #open<Row extends FaceRow>(
    kind: SlotOwner['kind'],
    { from, to }: SlotRange,
    rows: readonly Row[],
    damaged: Slot[],
    take: (row: Row, record: Buffer) => void,
  ): void {
    if (rows.length === 0) return;
    const sealed = this.#vault.read(from, to - from);
    this.#vault.unsealEach(
      rows.map(({ slot, lookup }) => [{ slot, lookup, kind }, sealed[slot - from]!]),
      (record, i) => {
        if (record === undefined) damaged.push(rows[i]!.slot);
        else take(rows[i]!, record);
      },
    );
  }
}
