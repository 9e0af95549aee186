// The slots that the changes of one commit fill: written while further changes are made, on disk before the commit.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Slot } from './slot-file.ts';
import type { FreshSlot, Vault } from './vault.ts';

/** Slots written together: in fewer, the calls cost more time than they save. */
const slotsAtATime = 128;

export class FreshSlots {
  readonly #vault: Vault;
  readonly #slots = new Map<Slot, FreshSlot>();
  readonly #unwritten = new Map<Slot, FreshSlot>();
  /** One after the other, so that the files grow in order. */
  #writing = Promise.resolve();

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  get slots(): Slot[] {
    return [...this.#slots.keys()];
  }

  find(slot: Slot): FreshSlot | undefined {
    return this.#slots.get(slot);
  }

  enter(fresh: FreshSlot): void {
    this.#slots.set(fresh.slot, fresh);
    this.#unwritten.set(fresh.slot, fresh);
  }

  /** Takes back what a change entered that failed. */
  withdraw(slots: readonly Slot[]): void {
    for (const slot of slots) {
      this.#slots.delete(slot);
      this.#unwritten.delete(slot);
    }
  }

  /** Between two changes: begins to write what was entered, once it is worth a call. */
  async beginWriting(): Promise<void> {
    if (this.#unwritten.size < slotsAtATime) return;
    this.#write();
    // What was written meanwhile makes room for what follows.
    await nextTurn();
  }

  #write(): void {
    const slots = [...this.#unwritten.values()];
    this.#unwritten.clear();
    this.#writing = this.#writing.then(() => this.#vault.write(slots));
    // Heard of by who waits for all of them.
    this.#writing.catch(() => undefined);
  }

  /** Resolves once all are on disk. */
  async sync(): Promise<void> {
    if (this.#slots.size === 0) return;
    if (this.#unwritten.size > 0) this.#write();
    await this.#writing;
    await this.#vault.sync();
  }

  /** Resolves once nothing is being written any more, whatever became of it. */
  async settle(): Promise<void> {
    await this.#writing.catch(() => undefined);
  }
}
