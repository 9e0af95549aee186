// The vault: every record sealed under a key of its own, key and record side by side in two files of slots.
import type { Cipher, Decipher } from 'node:crypto';
import { join } from 'node:path';
import { aead } from './aead.ts';
import { syncFolder } from './folder.ts';
import { keyFileName, keyHeadBytes, keySlotBytes, markBytes } from './key-file.ts';
import { PhotographFiles } from './photograph-files.ts';
import {
  photographContextOf,
  RecordContexts,
  type RecordKind,
  recordContextOf,
  type SlotOwner,
} from './record-contexts.ts';
import { openRecordFile, recordSlotBytes } from './record-file.ts';
import { recordBytes, type UnsealedRecord } from './records.ts';
import type { SealedRange } from './sealed-range.ts';
import {
  blockCipherOf,
  blockDecipherOf,
  draw,
  keyBytes,
  type LibraryKeys,
  lookupBytes,
  photographKeyOf,
  seal,
  unseal,
} from './sealing.ts';
import { settle } from './settle.ts';
import { type OpenBlockFile, type Slot, SlotFile } from './slot-file.ts';

/** Whose records stand in several slots. */
export interface SlotOwners {
  readonly kind: RecordKind;
  readonly slots: readonly Slot[];
  /** One after the other. */
  readonly lookups: Uint8Array;
  /** Called for one after the other; undefined where it does not open, reads zero afterwards otherwise. */
  readonly onRecord: (record: Buffer | undefined, i: number) => void;
}

/** Both halves of a slot as they stand on disk. */
export interface SealedSlot {
  readonly slot: Slot;
  readonly key: Uint8Array;
  readonly record: Uint8Array;
}

/** A slot to be written, with the face's photograph where one is kept. */
export interface FreshSlot extends SealedSlot {
  readonly photograph?: Uint8Array;
}

const emptyKey = Buffer.alloc(keySlotBytes);
const emptyRecord = Buffer.alloc(recordSlotBytes);

/** What of a library's keys the vault needs. */
export type VaultKeys = Pick<LibraryKeys, 'libraryId' | 'wrappingKey'>;

export class Vault {
  readonly #keys: VaultKeys;
  readonly #keyFile: SlotFile;
  readonly #recordFile: SlotFile;
  readonly #photographs: PhotographFiles;
  readonly #wrapping: Cipher;
  readonly #unwrapping: Decipher;
  /** Reads zero but while records are sealed: used again, since as garbage it would cost more than the sealing. */
  #plaintexts = Buffer.alloc(0);

  private constructor(
    keys: VaultKeys,
    keyFile: SlotFile,
    recordFile: SlotFile,
    photographs: PhotographFiles,
  ) {
    this.#keys = keys;
    this.#keyFile = keyFile;
    this.#recordFile = recordFile;
    this.#photographs = photographs;
    this.#wrapping = blockCipherOf(keys.wrappingKey);
    this.#unwrapping = blockDecipherOf(keys.wrappingKey);
  }

  /**
   * Opens `keys.bin`, whose head was read for `keys`, and `templates.bin`; makes the latter where the library has never
   * held a record.
   * @throws {Error} in plain words when one is missing, of a newer format, or another library's
   */
  static async open(
    folder: string,
    keys: VaultKeys,
    { isNew, openFile }: { isNew: boolean; openFile: OpenBlockFile },
  ): Promise<Vault> {
    const block = await openFile(join(folder, keyFileName), false);
    const keyFile = new SlotFile(block, keySlotBytes, keyHeadBytes);
    try {
      const recordFile = await openRecordFile(folder, keys.libraryId, isNew, openFile);
      if (isNew) await syncFolder(folder);
      return new Vault(keys, keyFile, recordFile, await PhotographFiles.open(folder, openFile));
    } catch (error) {
      await keyFile.close();
      throw error;
    }
  }

  /** Every slot from here on is past the end of both files. */
  get slotCount(): number {
    return Math.max(this.#keyFile.slotCount, this.#recordFile.slotCount);
  }

  /**
   * Seals records, each under a new key of its own, bound to its owner; a photograph under a key derived from that.
   * @param recordOf called for one slot after the other; the plaintext reads zero before the next
   */
  seal(kind: RecordKind, slots: readonly Slot[], recordOf: (i: number) => UnsealedRecord): FreshSlot[] {
    const count = slots.length;
    if (count === 0) return [];
    const dataKeys = draw(Buffer.alloc(count * keyBytes));
    const wrappedKeys = this.#wrapping.update(dataKeys);
    const keys = Buffer.alloc(count * keySlotBytes);
    const records = Buffer.allocUnsafeSlow(count * recordSlotBytes);
    const plaintexts = this.#takePlaintexts(count);
    const contexts = new RecordContexts(this.#keys.libraryId, kind, count);
    const enter = (slot: Slot, i: number): FreshSlot => {
      const { lookup, plaintext, photograph } = recordOf(i);
      plaintext.copy(plaintexts, i * recordBytes);
      plaintext.fill(0);
      contexts.set(i, slot, lookup);
      const key = keys.subarray(i * keySlotBytes, (i + 1) * keySlotBytes);
      for (let k = 0; k < keyBytes; k++) key[k] = wrappedKeys[i * keyBytes + k]!;
      for (let k = 0; k < markBytes; k++) key[keyBytes + k] = lookup[lookupBytes - markBytes + k]!;
      const record = records.subarray(i * recordSlotBytes, (i + 1) * recordSlotBytes);
      if (photograph === undefined) return { slot, key, record };
      const dataKey = dataKeys.subarray(i * keyBytes, (i + 1) * keyBytes);
      const owner = { slot, kind, lookup };
      return { slot, key, record, photograph: this.#sealPhotograph(owner, dataKey, photograph) };
    };
    try {
      const fresh = slots.map(enter);
      aead.sealAll(dataKeys, contexts.bytes, plaintexts, records);
      return fresh;
    } finally {
      plaintexts.fill(0);
      dataKeys.fill(0);
    }
  }

  #takePlaintexts(count: number): Buffer {
    const bytes = count * recordBytes;
    if (this.#plaintexts.length < bytes) this.#plaintexts = Buffer.alloc(bytes);
    return this.#plaintexts.subarray(0, bytes);
  }

  /** The record in clear, to be zeroed by the caller; undefined when key or record is not the owner's or is damaged. */
  unseal(owner: SlotOwner, sealed: SealedSlot): Buffer | undefined {
    const dataKey = this.#openDataKey(sealed);
    const plaintext = unseal(dataKey, sealed.record, recordContextOf(this.#keys.libraryId, owner));
    dataKey.fill(0);
    return plaintext;
  }

  /**
   * As `unseal`, of many records that stand from slot `first` on.
   * @param sealed memory to read the slots into
   */
  unsealRange(first: Slot, owners: readonly SlotOwners[], sealed: SealedRange): void {
    this.#recordFile.readInto(sealed.records, first);
    this.#keyFile.readInto(sealed.keys, first);
    const dataKeys = this.#unwrapping.update(sealed.wrappedKeys);
    sealed.dataKeys.set(dataKeys);
    dataKeys.fill(0);
    for (const one of owners) this.#unsealOf(one, first, sealed);
    sealed.dataKeys.fill(0);
  }

  #unsealOf({ kind, slots, lookups, onRecord }: SlotOwners, first: Slot, sealed: SealedRange): void {
    const count = slots.length;
    if (count === 0) return;
    const contexts = new RecordContexts(this.#keys.libraryId, kind, count);
    for (let i = 0; i < count; i++) contexts.set(i, slots[i]!, lookups, i * lookupBytes);
    const places = Uint32Array.from(slots, (slot) => slot - first);
    const plaintexts = sealed.plaintexts.subarray(0, count * recordBytes);
    const isOpen = new Uint8Array(count);
    aead.openAll(sealed.dataKeys, sealed.records, places, contexts.bytes, plaintexts, isOpen);
    for (let i = 0; i < count; i++) onRecord(isOpen[i] === 1 ? sealed.plaintext[i] : undefined, i);
    plaintexts.fill(0);
  }

  /** Some key or other where the slot is not its owner's any more. */
  #openDataKey({ key }: SealedSlot): Buffer {
    return this.#unwrapping.update(key.subarray(0, keyBytes));
  }

  #sealPhotograph(owner: SlotOwner, dataKey: Buffer, photograph: Uint8Array): Buffer {
    const key = photographKeyOf(dataKey, this.#keys.libraryId);
    const sealed = seal(key, photograph, photographContextOf(this.#keys.libraryId, owner));
    key.fill(0);
    return sealed;
  }

  hasPhotograph(slot: Slot): boolean {
    return this.#photographs.has(slot);
  }

  /**
   * A face's photograph in clear; undefined where none is kept, or where key or file are not the owner's any more. The
   * key is read after the file: whose key is gone has no photograph, however far the reading was.
   */
  async readPhotograph(owner: SlotOwner): Promise<Buffer | undefined> {
    const file = await this.#photographs.read(owner.slot);
    if (file === undefined) return undefined;
    const dataKey = this.#openDataKey(this.read(owner.slot)[0]!);
    const key = photographKeyOf(dataKey, this.#keys.libraryId);
    dataKey.fill(0);
    const photograph = unseal(key, file, photographContextOf(this.#keys.libraryId, owner));
    key.fill(0);
    return photograph;
  }

  /** Slots that have a photograph, whoever owns them. */
  get photographSlots(): Iterable<Slot> {
    return this.#photographs.slots;
  }

  /** For those whose slots no face owns. */
  erasePhotographs(slots: readonly Slot[]): Promise<void> {
    return this.#photographs.erase(slots);
  }

  /** Keys of consecutive slots, one after the other as they stand on disk. */
  readKeys(first: Slot, count: number): Buffer {
    return this.#keyFile.read(first, count);
  }

  /** Consecutive slots from `first` on, in two sequential readings. */
  read(first: Slot, count = 1): SealedSlot[] {
    const records = this.#recordFile.read(first, count);
    const keys = this.readKeys(first, count);
    return Array.from({ length: count }, (_, i) => ({
      slot: first + i,
      key: keys.subarray(i * keySlotBytes, (i + 1) * keySlotBytes),
      record: records.subarray(i * recordSlotBytes, (i + 1) * recordSlotBytes),
    }));
  }

  /** Resolves once photographs are on disk, and keys and records will be with the next `sync`. */
  async write(slots: readonly FreshSlot[]): Promise<void> {
    await this.#photographs.write(
      slots.flatMap(({ slot, photograph }) => (photograph ? [{ slot, bytes: photograph }] : [])),
    );
    await settle([
      this.#keyFile.write(slots.map(({ slot, key }) => ({ slot, bytes: key }))),
      this.#recordFile.write(slots.map(({ slot, record }) => ({ slot, bytes: record }))),
    ]);
  }

  /** Resolves once all that was written before is on disk. */
  async sync(): Promise<void> {
    await settle([this.#keyFile.sync(), this.#recordFile.sync()]);
  }

  /**
   * Overwrites slots with zeros: the keys first, on disk before a record is touched; then photographs, whose files go.
   * Resolves once all that is on disk.
   */
  async wipe(slots: readonly Slot[]): Promise<void> {
    await this.#keyFile.write(slots.map((slot) => ({ slot, bytes: emptyKey })));
    await this.#keyFile.sync();
    await this.#recordFile.write(slots.map((slot) => ({ slot, bytes: emptyRecord })));
    await this.#recordFile.sync();
    await this.#photographs.erase(slots);
  }

  async close(): Promise<void> {
    this.#wrapping.final();
    this.#unwrapping.final();
    await settle([this.#keyFile.close(), this.#recordFile.close()]);
  }
}

export const isEmpty = ({ key, record }: SealedSlot): boolean =>
  emptyKey.equals(key) && emptyRecord.equals(record);
