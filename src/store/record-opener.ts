// Opens the records of a range of slots, many at a time: what a library is loaded from, whichever thread does it.
import { slotsAtATime } from './record-file.ts';
import { recordBytes } from './records.ts';
import { SealedRange } from './sealed-range.ts';
import type { FaceColumns, OwnerColumns, ProfileColumns, SlotRange } from './sqlite/owner-columns.ts';
import type { SlotOwners, Vault } from './vault.ts';

/** Columns and one block of memory, which pass between threads quickest. */
export interface OpenedRecords {
  readonly profiles: Omit<ProfileColumns, 'lookups'>;
  readonly faces: Omit<FaceColumns, 'lookups'>;
  /** In clear, the profiles' before the faces'; one that does not open reads zero. */
  readonly records: Uint8Array<ArrayBuffer>;
}

export class RecordOpener {
  readonly #owners: OwnerColumns;
  readonly #vault: Vault;
  readonly #sealed = new SealedRange(slotsAtATime);

  constructor(owners: OwnerColumns, vault: Vault) {
    this.#owners = owners;
    this.#vault = vault;
  }

  /** @param records memory of a former range, which reads zero */
  open(range: SlotRange, records = new Uint8Array(slotsAtATime * recordBytes)): OpenedRecords {
    const { lookups: profileLookups, ...profiles } = this.#owners.listProfiles(range);
    const { lookups, ...faces } = this.#owners.listFaces(range);
    if (profiles.slots.length + faces.slots.length > 0) {
      const owners: SlotOwners[] = [
        { kind: 'profile', slots: profiles.slots, lookups: profileLookups },
        { kind: 'face', slots: faces.slots, lookups },
      ];
      this.#vault.unsealRange(range.from, owners, this.#sealed, records);
    }
    return { profiles, faces, records };
  }
}
