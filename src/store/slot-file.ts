// A file of slots of one size, overwritten in place: all that the vault asks of a file system.
import { constants, fstatSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { settle } from './settle.ts';

/** Number of a sealed slot; reused after the face it held is gone. */
export type Slot = number;

/** The calls a slot file is made of; a test may put a failing or forgetful disk behind them. */
export interface BlockFile {
  /** Bytes of the file. */
  size(): number;
  /** Reads at `position` until `into` is full or the file ends; answers the bytes read. */
  readSync(into: Uint8Array, position: number): number;
  /** Resolves once all bytes are with the operating system, not yet on disk. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Lengthens the file with zeros. */
  lengthen(bytes: number): Promise<void>;
  /** Resolves once all that was written is on disk. */
  datasync(): Promise<void>;
  close(): Promise<void>;
}

/** @throws {Error} ENOENT when the file is missing and may not be made */
export type OpenBlockFile = (path: string, mayBeMade: boolean) => Promise<BlockFile>;

export const openBlockFile: OpenBlockFile = async (path, mayBeMade) => {
  const handle = await open(path, constants.O_RDWR | (mayBeMade ? constants.O_CREAT : 0), 0o600);
  return {
    size: () => fstatSync(handle.fd).size,
    readSync(into, position) {
      let filled = 0;
      while (filled < into.length) {
        const count = readSync(handle.fd, into, filled, into.length - filled, position + filled);
        if (count === 0) break;
        filled += count;
      }
      return filled;
    },
    async write(bytes, position) {
      let written = 0;
      while (written < bytes.length) {
        const left = bytes.length - written;
        written += (await handle.write(bytes, written, left, position + written)).bytesWritten;
      }
    },
    lengthen: (bytes) => handle.truncate(bytes),
    datasync: () => handle.datasync(),
    close: () => handle.close(),
  };
};

/** Records begin here. */
export const firstSlot: Slot = 1;

/** Slots by which a file grows: seldom enough that most writes leave the file's length, and its metadata, alone. */
const growthSlots = 1024;

/** Of the memory that is written from: enough for some hundred records. */
const mostBytesKept = 1 << 20;

export class SlotFile {
  readonly #file: BlockFile;
  readonly #slotBytes: number;
  readonly #headBytes: number;
  #slotCount: number;
  #room: Buffer | undefined;

  /** Slot 1 begins where the head ends, which says what the file is. */
  constructor(file: BlockFile, slotBytes: number, headBytes: number) {
    this.#file = file;
    this.#slotBytes = slotBytes;
    this.#headBytes = headBytes;
    this.#slotCount = Math.ceil(Math.max(0, file.size() - headBytes) / slotBytes) + firstSlot;
  }

  readHead(): Buffer {
    const head = Buffer.alloc(this.#headBytes);
    this.#file.readSync(head, 0);
    return head;
  }

  /** Durable only after `sync`. */
  writeHead(head: Uint8Array): Promise<void> {
    return this.#file.write(head, 0);
  }

  /** Every slot from here on is past the end of the file and reads as zeros. */
  get slotCount(): number {
    return this.#slotCount;
  }

  /** `count` slots from `first` on in one reading; zeros past the end of the file. */
  read(first: Slot, count: number): Buffer {
    const bytes = Buffer.alloc(count * this.#slotBytes);
    this.readInto(bytes, first);
    return bytes;
  }

  /** As many slots as there is room for; what lies past the end of the file leaves its room as it is. */
  readInto(room: Uint8Array, first: Slot): void {
    this.#file.readSync(room, this.#positionOf(first));
  }

  /** Overwrites slots, neighbours in one call. Durable only after `sync`. */
  async write(slots: readonly { readonly slot: Slot; readonly bytes: Uint8Array }[]): Promise<void> {
    const inOrder = slots.toSorted((a, b) => a.slot - b.slot);
    const last = inOrder.at(-1);
    if (last === undefined) return;
    if (last.slot >= this.#slotCount) await this.#growTo(last.slot + 1);
    const room = this.#takeRoom(inOrder.length * this.#slotBytes);
    const writes: Promise<void>[] = [];
    for (let from = 0, to = 1; from < inOrder.length; from = to++) {
      while (inOrder[to]?.slot === inOrder[to - 1]!.slot + 1) to++;
      for (let i = from; i < to; i++) room.set(inOrder[i]!.bytes, i * this.#slotBytes);
      const run = room.subarray(from * this.#slotBytes, to * this.#slotBytes);
      writes.push(this.#file.write(run, this.#positionOf(inOrder[from]!.slot)));
    }
    // All settle before this does: a write still under way must not land after a later wipe of its slot.
    await settle(writes).finally(() => {
      if (room.length <= mostBytesKept) this.#room = room;
    });
  }

  /** Memory for one writing at a time, used again by the next: as garbage it would cost more than the copying. */
  #takeRoom(bytes: number): Buffer {
    const room = this.#room;
    this.#room = undefined;
    return room !== undefined && room.length >= bytes ? room : Buffer.allocUnsafeSlow(bytes);
  }

  async #growTo(least: number): Promise<void> {
    const slotCount = Math.ceil(least / growthSlots) * growthSlots;
    await this.#file.lengthen(this.#positionOf(slotCount));
    this.#slotCount = slotCount;
  }

  #positionOf(slot: Slot): number {
    return this.#headBytes + (slot - firstSlot) * this.#slotBytes;
  }

  /** Resolves once everything written before is on disk. */
  sync(): Promise<void> {
    return this.#file.datasync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
