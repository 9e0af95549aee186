// Retention in the embedded store: the policies of groups, what is due, what was searched, and consents.
import type {
  Cleared,
  Consent,
  GroupPolicy,
  Judge,
  KeptPerson,
  PersonHandle,
  RecordedConsent,
  RetentionPolicy,
  RetentionStore,
} from '../gallery/ports.ts';
import type { ReceiptTicket } from '../gallery/receipts.ts';
import { type Day, dayOf } from '../wire/days.ts';
import { Refusal } from '../wire/errors.ts';
import type { Changing } from './changes.ts';
import { eraseFaces, forgetPerson } from './deletions.ts';
import { type Enquirer, readConsent, readFaceIds, readGroupId, readProfile } from './enquiries.ts';
import { encodeProfile } from './records.ts';
import { lookupOf } from './sealing.ts';
import type { FaceRow, GroupRow, PersonRow } from './sqlite/catalogue.ts';
import type { Policies } from './sqlite/policies.ts';
import type { KeptRows, RetentionTable } from './sqlite/retention-table.ts';

type Run = <Answer>(
  work: (changing: Changing) => Answer,
  committed?: (answer: Answer) => unknown,
) => Promise<Answer>;

interface Parts {
  readonly enquirer: Enquirer;
  readonly readTable: RetentionTable;
  readonly writeTable: RetentionTable;
  readonly readPolicies: Policies;
  readonly writePolicies: Policies;
  readonly run: Run;
  readonly nowMs: () => number;
}

/** The rows of what is due. */
interface DueRows {
  readonly row: PersonRow;
  readonly faces: readonly FaceRow[];
  readonly groups: readonly GroupRow[];
}

export class EmbeddedRetention implements RetentionStore {
  readonly #parts: Parts;
  #notedDay: Day = 0;
  readonly #searched = new Set<string>();
  readonly #found = new Set<PersonHandle>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  setPolicy(account: string, groupId: string, policy: RetentionPolicy | undefined): Promise<boolean> {
    return this.#parts.run(() => this.#parts.writePolicies.set(account, groupId, policy));
  }

  async listPolicies(): Promise<GroupPolicy[]> {
    return this.#parts.readPolicies.list();
  }

  async listKept(after: PersonHandle, limit: number): Promise<KeptPerson[]> {
    const { readTable, nowMs } = this.#parts;
    return readTable.listKept(after, limit, nowMs()).map(({ kept }) => kept);
  }

  async findKept(account: string, personId: string): Promise<KeptPerson | undefined> {
    const { enquirer, readTable, nowMs } = this.#parts;
    const row = enquirer.catalogue.findPerson(lookupOf(enquirer.keys, 'person', account, personId));
    return row === undefined ? undefined : readTable.findKept(row.person, nowMs())?.kept;
  }

  async preview(person: PersonHandle, judge: Judge): Promise<Cleared | undefined> {
    const { enquirer, readTable, nowMs } = this.#parts;
    return findDue(enquirer, readTable.findKept(person, nowMs()), judge)?.cleared;
  }

  clear(
    person: PersonHandle,
    judge: Judge,
    onGone: (cleared: Cleared) => void,
  ): Promise<Cleared | undefined> {
    const { run, writeTable } = this.#parts;
    return run(
      (changing) => {
        const found = findDue(changing, writeTable.findKept(person, changing.nowMs), judge);
        return found && { ...found.cleared, ...eraseDue(changing, found) };
      },
      (cleared) => cleared && onGone(cleared),
    );
  }

  noteSearch(account: string, groupId: string, found: readonly PersonHandle[]): void {
    const today = dayOf(this.#parts.nowMs());
    if (today !== this.#notedDay) {
      this.#searched.clear();
      this.#found.clear();
      this.#notedDay = today;
    }
    const key = `${account}/${groupId}`;
    const isFirst = !this.#searched.has(key);
    const seen = found.filter((person) => !this.#found.has(person));
    if (!isFirst && seen.length === 0) return;
    this.#searched.add(key);
    for (const person of seen) this.#found.add(person);
    this.#writeSearch(account, groupId, seen, today).catch(() => {
      // The next search of the day tries again.
      this.#searched.delete(key);
      for (const person of seen) this.#found.delete(person);
    });
  }

  #writeSearch(account: string, groupId: string, seen: readonly PersonHandle[], today: Day): Promise<void> {
    return this.#parts.run(({ keys, catalogue }) => {
      const group = catalogue.findGroup(lookupOf(keys, 'group', account, groupId))?.group;
      if (group !== undefined) this.#parts.writeTable.noteSearch(group, today);
      for (const person of seen) catalogue.noteActivity(person, today);
    });
  }

  setConsent(account: string, personId: string, consent: Consent): Promise<boolean> {
    const { run, writeTable } = this.#parts;
    return run((changing) => {
      const { keys, catalogue, change, nowMs } = changing;
      const row = catalogue.findPerson(lookupOf(keys, 'person', account, personId));
      if (row === undefined) return false;
      const { endDay, ...words } = consent;
      const profile = readProfile(changing, row) ?? { personId };
      const slot = change.enter('profile', row.lookup, encodeProfile(profile, words));
      catalogue.movePerson(row.person, slot);
      if (row.slot !== null) change.erase(row.slot);
      writeTable.setConsentEnd(row.person, endDay);
      catalogue.noteActivity(row.person, dayOf(nowMs));
      return true;
    });
  }

  endConsent(account: string, personId: string): Promise<boolean> {
    return this.#parts.run(({ keys, catalogue, nowMs }) => {
      const row = catalogue.findPerson(lookupOf(keys, 'person', account, personId));
      if (row !== undefined) this.#parts.writeTable.setConsentEnd(row.person, dayOf(nowMs));
      return row !== undefined;
    });
  }

  async getConsent(account: string, personId: string): Promise<RecordedConsent | undefined> {
    const { enquirer } = this.#parts;
    const row = enquirer.catalogue.findPerson(lookupOf(enquirer.keys, 'person', account, personId));
    const endDay = row === undefined ? undefined : enquirer.catalogue.consentEndDay(row.person);
    return row === undefined || endDay === undefined ? undefined : { ...readConsent(enquirer, row), endDay };
  }
}

/** @throws {Refusal} consentRequired; an unknown person is left to the caller */
export function refuseWithoutConsent(
  { catalogue, nowMs }: Changing,
  person: PersonHandle,
  isConsentRequired: boolean,
): void {
  const endDay = catalogue.consentEndDay(person);
  if (endDay === undefined ? isConsentRequired : endDay <= dayOf(nowMs)) throw new Refusal('consentRequired');
}

function findDue(
  enquirer: Enquirer,
  found: KeptRows | undefined,
  judge: Judge,
): { rows: DueRows; cleared: Cleared } | undefined {
  const due = found && judge(found.kept);
  if (found === undefined || due === undefined) return undefined;
  const { row, kept } = found;
  const faces = found.faces.filter(({ face }) => due.faces.includes(face));
  const groups = enquirer.catalogue
    .listGroupsOf(row.person)
    .filter(({ group }) => due.groups.includes(group));
  const personId = readProfile(enquirer, row)?.personId;
  const cleared: Cleared = {
    account: kept.account,
    person: row.person,
    ...(personId === undefined ? {} : { personId }),
    faceIds: readFaceIds(enquirer, faces),
    faces: faces.length,
    groupIds: groups.map((group) => readGroupId(enquirer, group)),
    isPersonGone: due.isPersonDue,
    reasons: due.reasons,
  };
  return { rows: { row, faces, groups }, cleared };
}

function eraseDue(
  changing: Changing,
  { rows, cleared }: { rows: DueRows; cleared: Cleared },
): { receipt?: ReceiptTicket } {
  const { row, faces, groups } = rows;
  const { account, personId, faceIds, isPersonGone } = cleared;
  const cause = 'retention';
  if (isPersonGone) return { receipt: forgetPerson(changing, { account, personId, row, cause }).receipt };
  const { catalogue, change } = changing;
  for (const { group } of groups) {
    catalogue.leave(row.person, group);
    catalogue.deleteEmptyGroup(group);
  }
  if (groups.length > 0) change.eraseRows();
  if (faces.length === 0) return {};
  return { receipt: eraseFaces(changing, { account, personId, faces, faceIds, cause }) };
}
