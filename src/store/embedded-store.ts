// The embedded store as the gallery sees it: every call one change in the writer's turn, or a reading beside it.
import type {
  AccessKey,
  AccessKeyStatus,
  DeletionManner,
  Hold,
  Person,
  PersonProfile,
  RetentionStore,
  Store,
  StoredBatch,
  Template,
  TemporaryGrant,
} from '../gallery/ports.ts';
import type { Receipt } from '../gallery/receipts.ts';
import type { Changing } from './changes.ts';
import * as changes from './changes.ts';
import * as deletions from './deletions.ts';
import type { Enquirer } from './enquiries.ts';
import * as enquiries from './enquiries.ts';
import { load } from './loading.ts';
import { issuePhotographToken, openPhotograph } from './photographs.ts';
import type { Recovery } from './recovery.ts';
import { EmbeddedRetention, refuseWithoutConsent } from './retention.ts';
import { forgetKeys } from './sealing.ts';
import type { Slot } from './slot-file.ts';
import { AccessKeys } from './sqlite/access-keys.ts';
import { Accounts } from './sqlite/accounts.ts';
import { Catalogue } from './sqlite/catalogue.ts';
import { Holds } from './sqlite/holds.ts';
import { OwnerColumns } from './sqlite/owner-columns.ts';
import { Policies } from './sqlite/policies.ts';
import { ReceiptTable } from './sqlite/receipt-table.ts';
import { RetentionTable } from './sqlite/retention-table.ts';
import type { StoreParts } from './store-parts.ts';
import { issueTemporaryKey, openSecurityToken } from './temporary-keys.ts';

/** How often what was remembered for a while is looked through: an hour, and no more late than that. */
const purgeEveryMs = 3_600_000;

export class EmbeddedStore implements Store {
  /** What opening the library found and did. */
  readonly recovery: Recovery;
  readonly retention: RetentionStore;
  readonly #parts: StoreParts;
  readonly #enquirer: Enquirer;
  readonly #readKeys: AccessKeys;
  readonly #writeKeys: AccessKeys;
  readonly #readReceipts: ReceiptTable;
  readonly #readHolds: Holds;
  readonly #damaged = new Set<Slot>();
  readonly #purge: NodeJS.Timeout;
  #closed: Promise<void> | undefined;

  /** Use `openEmbeddedStore`. */
  constructor(parts: StoreParts) {
    const { connection, reader, keys, vault, tables } = parts;
    this.#parts = parts;
    this.recovery = parts.recovery;
    this.#enquirer = {
      keys,
      accounts: new Accounts(reader),
      catalogue: new Catalogue(reader),
      read: (owner) => {
        const record = vault.unseal(owner, vault.read(owner.slot)[0]!);
        if (record === undefined) this.#damaged.add(owner.slot);
        return record;
      },
    };
    this.retention = new EmbeddedRetention({
      enquirer: this.#enquirer,
      readTable: new RetentionTable(reader),
      writeTable: new RetentionTable(connection),
      readPolicies: new Policies(reader, keys, this.#enquirer.accounts),
      writePolicies: new Policies(connection, keys, tables.accounts),
      run: (work, committed) => this.#run(work, committed),
      nowMs: parts.nowMs,
    });
    this.#readKeys = new AccessKeys(reader, keys, this.#enquirer.accounts);
    this.#writeKeys = new AccessKeys(connection, keys, tables.accounts);
    this.#readReceipts = new ReceiptTable(reader);
    this.#readHolds = new Holds(reader, keys, this.#enquirer.accounts);
    // As every start does.
    this.#purge = setInterval(() => this.#forgetOld().catch(() => undefined), purgeEveryMs).unref();
  }

  /**
   * Records met since opening that do not open with their key: the disk changed their bytes. Such a face is neither
   * found nor listed, such a person has lost name and note; both can be deleted as any other.
   */
  get damagedRecords(): number {
    return this.#damaged.size;
  }

  addPerson(account: string, profile: PersonProfile, groupIds: readonly string[]) {
    return this.#run((changing) => changes.addPerson(changing, account, profile, groupIds));
  }

  setPerson(account: string, change: PersonProfile) {
    return this.#run((changing) => changes.setPerson(changing, account, change));
  }

  async getPerson(account: string, personId: string): Promise<Person | undefined> {
    return enquiries.getPerson(this.#enquirer, account, personId);
  }

  deletePerson(
    account: string,
    personId: string,
    { cause = 'request', onGone = () => undefined }: DeletionManner = {},
  ) {
    return this.#run(
      (changing) => deletions.deletePerson(changing, account, personId, cause),
      (deleted) => deleted && onGone(deleted),
    );
  }

  addGroups(account: string, personId: string, groupIds: readonly string[]) {
    return this.#run((changing) => changes.addGroups(changing, account, personId, groupIds));
  }

  deleteGroups(account: string, personId: string, groupIds: readonly string[]) {
    return this.#run((changing) => changes.deleteGroups(changing, account, personId, groupIds));
  }

  addFaces(
    account: string,
    personId: string,
    modelId: string,
    templates: readonly Template[],
    isConsentRequired = false,
    photographs: readonly Uint8Array[] = [],
  ) {
    return this.#run((changing) => {
      const row = changes.findPerson(changing, account, personId);
      if (row === undefined) return undefined;
      refuseWithoutConsent(changing, row.person, isConsentRequired);
      return changes.addFaces(changing, account, row.person, modelId, templates, photographs);
    });
  }

  async issuePhotographToken(account: string, faceId: string): Promise<string | undefined> {
    return issuePhotographToken({ ...this.#enquirer, ...this.#parts }, account, faceId);
  }

  openPhotograph(token: string) {
    return openPhotograph({ ...this.#enquirer, ...this.#parts }, token);
  }

  deleteFaces(
    account: string,
    personId: string,
    faceIds: readonly string[],
    { cause = 'request', onGone = () => undefined }: DeletionManner = {},
  ) {
    return this.#run(
      (changing) => deletions.deleteFaces(changing, account, personId, faceIds, cause),
      (deleted) => deleted?.receipt && onGone(deleted),
    );
  }

  async forgetFaces(
    account: string,
    personId: string,
    faceIds: readonly string[],
    {
      cause = 'request',
      onGone = () => undefined,
      idempotencyKey,
    }: DeletionManner & { readonly idempotencyKey?: string } = {},
  ) {
    const { gone: _, ...answer } = await this.#run(
      (changing) => deletions.forgetFaces(changing, account, personId, faceIds, { cause, idempotencyKey }),
      ({ gone }) => gone && onGone(gone),
    );
    return answer;
  }

  async getReceipt(account: string, id: string): Promise<Receipt | undefined> {
    return this.#readReceipts.find(account, id);
  }

  receipts(): Iterable<Receipt> {
    return this.#readReceipts.list();
  }

  get receiptKey(): string {
    return this.#parts.receiptKey.publicPem;
  }

  setHold(hold: Omit<Hold, 'id' | 'setAtMs'>): Promise<Hold | undefined> {
    return this.#run(({ nowMs }) => this.#parts.tables.holds.set(hold, nowMs));
  }

  async listHolds(): Promise<Hold[]> {
    return this.#readHolds.list(this.#parts.nowMs());
  }

  endHold(id: string): Promise<boolean> {
    return this.#run(() => this.#parts.tables.holds.end(id));
  }

  async listGroups(account: string) {
    return enquiries.listGroups(this.#enquirer, account);
  }

  async listPersons(account: string, groupId: string, page: { offset: number; limit: number }) {
    return enquiries.listPersons(this.#enquirer, account, groupId, page);
  }

  load(): AsyncIterable<StoredBatch> {
    const { folder, reader, vault } = this.#parts;
    const owners = new OwnerColumns(reader);
    const onDamage = (slot: Slot) => this.#damaged.add(slot);
    return load({ ...this.#enquirer, folder, vault, owners, onDamage });
  }

  countFaces(): number {
    return this.#enquirer.catalogue.countAllFaces();
  }

  async findAccessKey(id: string): Promise<AccessKey | undefined> {
    return this.#readKeys.find(id);
  }

  addAccessKey(key: AccessKey): Promise<void> {
    return this.#run(() => this.#writeKeys.add(key));
  }

  async listAccessKeys() {
    return this.#readKeys.list();
  }

  setAccessKeyStatus(id: string, status: AccessKeyStatus): Promise<boolean> {
    return this.#run(() => this.#writeKeys.setStatus(id, status));
  }

  async issueTemporaryKey(grant: TemporaryGrant) {
    return issueTemporaryKey(this.#parts.keys, grant);
  }

  async openSecurityToken(securityToken: string) {
    return openSecurityToken(this.#parts.keys, securityToken);
  }

  /** Answers the changes that wait, then lets go of the folder. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const { writer, reader, connection, vault, lock, keys, tables } = this.#parts;
    clearInterval(this.#purge);
    await writer.close();
    reader.close();
    connection.close();
    await vault.close();
    lock.release();
    tables.faceIds.close();
    forgetKeys(keys);
  }

  #forgetOld(): Promise<void> {
    return this.#run(({ memory, holds, change, nowMs }) => {
      if (memory.purge(nowMs) + holds.purge(nowMs) > 0) change.eraseRows();
    });
  }

  #run<Answer>(
    work: (changing: Changing) => Answer,
    committed?: (answer: Answer) => unknown,
  ): Promise<Answer> {
    const { writer, keys, tables, nowMs } = this.#parts;
    return writer.run(
      (change) => work({ keys, ...tables, change, nowMs: nowMs(), read: (owner) => change.read(owner) }),
      committed,
    );
  }
}
