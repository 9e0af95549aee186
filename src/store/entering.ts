// The records that one batch of changes enters, from their plaintext to what goes to disk.
import type { Slot } from '../gallery/ports.ts';
import type { BackgroundSealer } from './background-sealer.ts';
import type { FreshSlot, RecordSealer, SlotOwner } from './record-sealer.ts';
import { recordsAtATime, SealingMemory } from './sealing-memory.ts';

/** Records that are sealed together, beside the main thread. */
interface Load {
  readonly owners: SlotOwner[];
  readonly memory: SealingMemory;
  sealed?: Promise<void>;
}

type Entered = FreshSlot | { readonly load: Load; readonly at: number };

/**
 * Where the thread is ready, records gather and are handed to it, so many at a time, while the rows of the next are
 * written; their plaintext stays readable here until the batch ends.
 */
export class Entering {
  readonly #sealer: RecordSealer;
  readonly #background: BackgroundSealer;
  readonly #entered = new Map<Slot, Entered>();
  readonly #loads: Load[] = [];
  #sealedHere = 0;

  constructor(sealer: RecordSealer, background: BackgroundSealer) {
    this.#sealer = sealer;
    this.#background = background;
  }

  /** The plaintext reads zero afterwards. */
  enter(owner: SlotOwner, plaintext: Buffer, photograph?: Uint8Array): void {
    if (photograph !== undefined || !this.#background.isReady) {
      this.#entered.set(owner.slot, this.#sealer.seal(owner, plaintext, photograph));
      plaintext.fill(0);
      this.#sealedHere++;
      return;
    }
    let load = this.#loads.at(-1);
    if (load === undefined || load.owners.length === recordsAtATime) {
      load = { owners: [], memory: new SealingMemory() };
      this.#loads.push(load);
    }
    const at = load.owners.push(owner) - 1;
    load.memory.plaintext(at).set(plaintext);
    plaintext.fill(0);
    this.#entered.set(owner.slot, { load, at });
    if (load.owners.length === recordsAtATime) load.sealed = this.#background.seal(load.owners, load.memory);
  }

  /** For what a change entered that was then rolled back. */
  forget(slot: Slot): void {
    this.#entered.delete(slot);
  }

  has(slot: Slot): boolean {
    return this.#entered.has(slot);
  }

  get slots(): Iterable<Slot> {
    return this.#entered.keys();
  }

  hasPhotograph(slot: Slot): boolean {
    const entered = this.#entered.get(slot);
    return entered !== undefined && 'photograph' in entered;
  }
  /** The record in clear, to be zeroed by the caller; undefined when it is not the owner's. */
  read(owner: SlotOwner): Buffer | undefined {
    const entered = this.#entered.get(owner.slot);
    if (entered === undefined) return undefined;
    if (!('load' in entered)) return this.#sealer.unseal(owner, entered);
    const { owners, memory } = entered.load;
    const { kind, lookup } = owners[entered.at]!;
    if (kind !== owner.kind || Buffer.compare(lookup, owner.lookup) !== 0) return undefined;
    return Buffer.from(memory.plaintext(entered.at));
  }

  /** Resolves once all are sealed. What the thread could not do, or was too little to hand over, is done here. */
  async seal(): Promise<FreshSlot[]> {
    if (this.#sealedHere >= recordsAtATime) this.#background.start();
    const last = this.#loads.at(-1);
    if (last !== undefined && last.sealed === undefined) this.#sealHere(last);
    for (const load of this.#loads) await load.sealed?.catch(() => this.#sealHere(load));
    return Array.from(this.#entered, ([slot, entered]) => {
      if (!('load' in entered)) return entered;
      const { memory } = entered.load;
      return { slot, key: memory.key(entered.at), record: memory.record(entered.at) };
    });
  }

  #sealHere({ owners, memory }: Load): void {
    for (const [i, owner] of owners.entries()) {
      const { key, record } = this.#sealer.seal(owner, memory.plaintext(i));
      memory.key(i).set(key);
      memory.record(i).set(record);
    }
  }

  /** Overwrites all plaintext. */
  close(): void {
    for (const { memory } of this.#loads) memory.erasePlaintexts();
  }
}
