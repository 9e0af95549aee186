// Seals a record under a key of its own, bound to its slot and its owner; on whichever thread has time for it.
import type { Slot } from '../gallery/ports.ts';
import { keyContext, markBytes, wrappedKeyBytes } from './key-file.ts';
import {
  drawBytes,
  keyBytes,
  type LibraryKeys,
  libraryIdBytes,
  lookupBytes,
  photographKeyOf,
  seal,
  unseal,
} from './sealing.ts';
export type RecordKind = 'face' | 'profile';

/** Whose record stands in a slot. */
export interface SlotOwner {
  readonly slot: Slot;
  readonly kind: RecordKind;
  readonly lookup: Uint8Array;
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

/** What of a library's keys the vault needs. */
export type VaultKeys = Pick<LibraryKeys, 'libraryId' | 'wrappingKey'>;

export class RecordSealer {
  readonly #keys: VaultKeys;
  /** What a record of each kind is bound to, but for slot and lookup. */
  readonly #contexts: Record<RecordKind, Buffer>;

  constructor(keys: VaultKeys) {
    this.#keys = keys;
    this.#contexts = { face: contextOf(keys, 'face'), profile: contextOf(keys, 'profile') };
  }

  /**
   * Seals a record under a new key of its own, bound to its owner; a photograph under a key derived from that. The
   * caller overwrites the plaintext.
   */
  seal(owner: SlotOwner, plaintext: Buffer, photograph?: Uint8Array): FreshSlot {
    const dataKey = drawBytes(keyBytes);
    const record = seal(dataKey, plaintext, this.recordContext(owner));
    const wrapped = seal(this.#keys.wrappingKey, dataKey, keyContext(this.#keys.libraryId, owner.slot));
    const sealed = photograph && this.#sealPhotograph(owner, dataKey, photograph);
    dataKey.fill(0);
    const slot = { slot: owner.slot, key: Buffer.concat([wrapped, markOf(owner)]), record };
    return sealed === undefined ? slot : { ...slot, photograph: sealed };
  }

  /** The record in clear, to be zeroed by the caller; undefined when key or record is not the owner's or is damaged. */
  unseal(owner: SlotOwner, sealed: SealedSlot): Buffer | undefined {
    const dataKey = this.openDataKey(owner, sealed);
    if (dataKey === undefined) return undefined;
    const plaintext = unseal(dataKey, sealed.record, this.recordContext(owner));
    dataKey.fill(0);
    return plaintext;
  }

  /** To be zeroed by the caller. */
  openDataKey({ slot }: { readonly slot: Slot }, { key }: SealedSlot): Buffer | undefined {
    const wrapped = key.subarray(0, wrappedKeyBytes);
    return unseal(this.#keys.wrappingKey, wrapped, keyContext(this.#keys.libraryId, slot));
  }

  /** Holds until the next record's. */
  recordContext({ slot, kind, lookup }: SlotOwner): Buffer {
    const context = this.#contexts[kind];
    context.writeDoubleLE(slot, libraryIdBytes);
    context.set(lookup, libraryIdBytes + 8);
    return context;
  }

  photographContext(owner: SlotOwner): Buffer {
    return Buffer.concat([this.recordContext(owner), Buffer.from(' photograph')]);
  }

  #sealPhotograph(owner: SlotOwner, dataKey: Buffer, photograph: Uint8Array): Buffer {
    const key = photographKeyOf(dataKey, this.#keys.libraryId);
    const sealed = seal(key, photograph, this.photographContext(owner));
    key.fill(0);
    return sealed;
  }
}

function contextOf({ libraryId }: VaultKeys, kind: RecordKind): Buffer {
  const context = Buffer.alloc(libraryIdBytes + 8 + lookupBytes + kind.length);
  libraryId.copy(context);
  context.write(kind, libraryIdBytes + 8 + lookupBytes);
  return context;
}

const markOf = ({ lookup }: Pick<SlotOwner, 'lookup'>): Buffer => Buffer.from(lookup.subarray(0, markBytes));
