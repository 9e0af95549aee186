// What one change does to the vault while the writer's transaction is open.
import type { Change } from './change.ts';
import type { FreshSlots } from './fresh-slots.ts';
import type { RecordKind, SlotOwner } from './record-contexts.ts';
import type { UnsealedRecord } from './records.ts';
import type { Slot } from './slot-file.ts';
import type { ReceiptHandle } from './sqlite/receipt-table.ts';
import type { SlotTable } from './sqlite/slot-table.ts';
import type { Vault } from './vault.ts';

export interface OpenVault {
  readonly slots: SlotTable;
  readonly vault: Vault;
  /** Of this change and of those before it in the same commit. */
  readonly fresh: FreshSlots;
  /** False while the disk refuses writes. */
  readonly mayTake: boolean;
}

export class OpenChange implements Change {
  readonly entered: Slot[] = [];
  readonly erased: Slot[] = [];
  deletesRows = false;
  readonly #open: OpenVault;

  constructor(open: OpenVault) {
    this.#open = open;
  }

  enter(kind: RecordKind, lookup: Buffer, plaintext: Buffer): Slot {
    const [slot] = this.take(1);
    this.fill(kind, [slot!], () => ({ lookup, plaintext }));
    return slot!;
  }

  take(count: number): Slot[] {
    if (!this.#open.mayTake) throw new Error('the disk refuses writes: nothing can be added');
    return this.#open.slots.takeSome(count);
  }

  fill(kind: RecordKind, slots: readonly Slot[], recordOf: (i: number) => UnsealedRecord): void {
    for (const sealed of this.#open.vault.seal(kind, slots, recordOf)) {
      this.entered.push(sealed.slot);
      this.#open.fresh.enter(sealed);
    }
  }

  hasPhotograph(slot: Slot): boolean {
    const { fresh, vault } = this.#open;
    return fresh.find(slot)?.photograph !== undefined || vault.hasPhotograph(slot);
  }

  read(owner: SlotOwner): Buffer | undefined {
    const { fresh, vault } = this.#open;
    return vault.unseal(owner, fresh.find(owner.slot) ?? vault.read(owner.slot)[0]!);
  }

  erase(slot: Slot, receipt?: ReceiptHandle): void {
    this.#open.slots.intend(slot, receipt);
    this.erased.push(slot);
  }

  eraseRows(): void {
    this.deletesRows = true;
  }
}
