// Retention: how long a group may keep whom, and what of a person is due on a given day. Pure: days in, a verdict out.
import type { Day } from '../wire/days.ts';
import type { PersonHandle } from './persons.ts';
import type { ReceiptTicket } from './receipts.ts';

/** Days, or no limit. */
export type Limit = number | 'off';

/** How long a group keeps its persons; a field left out follows the default rules. */
export interface RetentionPolicy {
  /** A face is kept so long after its enrolment. */
  readonly maxAgeDays?: Limit;
  /** A group keeps its persons so long without being searched. */
  readonly idleDays?: Limit;
  /** A person is kept so long after its last interaction: enrolled, changed, or found by a search. */
  readonly inactiveDays?: Limit;
}

/** A policy with every field decided. */
export type RetentionRules = Required<RetentionPolicy>;

/** The longest limit, about a century: beyond it, "off" says what is meant. */
export const maxLimitDays = 36_500;

/**
 * The cloud's rule: "if no face search is called within 1 year after adding, face images and face groups are cleared"
 * (help.aliyun.com/document_detail/70422.html). A group's own policy goes before it, field by field.
 */
export const cloudRules: RetentionRules = { maxAgeDays: 'off', idleDays: 365, inactiveDays: 'off' };

/** Nothing goes but what a group's own policy or the end of a consent says. */
export const noRules: RetentionRules = { maxAgeDays: 'off', idleDays: 'off', inactiveDays: 'off' };

/** What retention knows of a person: days and the store's own numbers, no name and no id. */
export interface KeptPerson {
  readonly account: string;
  readonly person: PersonHandle;
  readonly lastActiveDay: Day;
  /** From this day on there is no consent. Left out where none was ever recorded. */
  readonly consentEndDay?: Day;
  /** A legal hold keeps the whole person. */
  readonly isHeld: boolean;
  readonly faces: readonly { readonly face: number; readonly enrolledDay: Day; readonly isHeld: boolean }[];
  readonly memberships: readonly Membership[];
}

export interface Membership {
  readonly group: number;
  readonly joinedDay: Day;
  /** Left out where the group was never searched. */
  readonly lastSearchDay?: Day;
  readonly policy: RetentionPolicy;
}

/** Which rule says that something must go. */
type RetentionReason = 'consent ended' | 'face too old' | 'group not searched' | 'person inactive';

/** What of a person must go. A person that goes takes all its faces, its name and its note along. */
export interface Due {
  readonly faces: readonly number[];
  /** The person leaves these and stays in others. */
  readonly groups: readonly number[];
  readonly isPersonDue: boolean;
  readonly reasons: readonly RetentionReason[];
}

/**
 * What of a person is due on a day.
 *
 * - Age is about faces: one older than the shortest age among its person's groups goes.
 * - Idleness is about groups: the person leaves a group that was not searched since it joined or last got a face.
 * - Inactivity is about the person within a group: it leaves the group, whoever else is found there.
 * - The end of a consent takes the person whole, whatever the groups say.
 * - A person whom one of these leaves without a group, or without a face, goes whole. One that already was in no group,
 *   and so cannot be found, goes after the default's idle days.
 * - A person under a legal hold stays as it is. A face under one stays, and keeps its person and the groups.
 *
 * @returns undefined when nothing is due
 */
export function judge(kept: KeptPerson, today: Day, defaults: RetentionRules): Due | undefined {
  const verdict = kept.isHeld ? undefined : judgeUnheld(kept, today, defaults);
  const held = new Set(kept.faces.filter(({ isHeld }) => isHeld).map(({ face }) => face));
  if (verdict === undefined || held.size === 0) return verdict;
  const faces = verdict.faces.filter((face) => !held.has(face));
  return faces.length === 0 ? undefined : { ...verdict, faces, groups: [], isPersonDue: false };
}

function judgeUnheld(kept: KeptPerson, today: Day, defaults: RetentionRules): Due | undefined {
  const rulesOf = ({ policy }: Membership): RetentionRules => ({ ...defaults, ...policy });
  const isOver = (sinceDay: Day, limit: Limit): boolean => limit !== 'off' && today >= sinceDay + limit;
  const whole = (...reasons: RetentionReason[]): Due => ({
    faces: kept.faces.map(({ face }) => face),
    groups: kept.memberships.map(({ group }) => group),
    isPersonDue: true,
    reasons,
  });
  const { memberships, faces, lastActiveDay, consentEndDay } = kept;

  if (consentEndDay !== undefined && today >= consentEndDay) return whole('consent ended');
  if (memberships.length === 0 && isOver(lastActiveDay, defaults.idleDays))
    return whole('group not searched');

  const newestFaceDay = Math.max(0, ...faces.map(({ enrolledDay }) => enrolledDay));
  const idle = memberships.filter((one) =>
    isOver(Math.max(one.joinedDay, one.lastSearchDay ?? 0, newestFaceDay), rulesOf(one).idleDays),
  );
  const inactive = memberships.filter((one) => isOver(lastActiveDay, rulesOf(one).inactiveDays));
  const maxAge = Math.min(...memberships.map((one) => daysOf(rulesOf(one).maxAgeDays)));
  const old = faces.filter(({ enrolledDay }) => today >= enrolledDay + maxAge);

  const left = new Set([...idle, ...inactive].map(({ group }) => group));
  const reasons: RetentionReason[] = [
    ...(old.length > 0 ? (['face too old'] as const) : []),
    ...(idle.length > 0 ? (['group not searched'] as const) : []),
    ...(inactive.length > 0 ? (['person inactive'] as const) : []),
  ];
  if (reasons.length === 0) return undefined;
  if (left.size === memberships.length || (old.length > 0 && old.length === faces.length)) {
    return whole(...reasons);
  }
  return { faces: old.map(({ face }) => face), groups: [...left], isPersonDue: false, reasons };
}

const daysOf = (limit: Limit): number => (limit === 'off' ? Number.POSITIVE_INFINITY : limit);

/** A group's own policy, as it was set. */
export interface GroupPolicy {
  readonly account: string;
  readonly groupId: string;
  readonly policy: RetentionPolicy;
}

/** Why a person may be enrolled, in the caller's words. */
export interface Consent {
  /** Where the person's consent or release is kept. */
  readonly reference: string;
  /** What the face is used for. */
  readonly purpose: string;
  /** The legal ground, such as "GDPR 9(2)(a)". */
  readonly basis: string;
  /** From this day on there is none. */
  readonly endDay: Day;
}

/** The words may be lost, or never have been given. */
export type RecordedConsent = Partial<Consent> & Pick<Consent, 'endDay'>;

/** What retention deleted of one person, or would. */
export interface Cleared {
  readonly account: string;
  readonly person: PersonHandle;
  /** Left out where the profile was lost. */
  readonly personId?: string;
  /** Those that could be read. */
  readonly faceIds: readonly string[];
  /** Faces gone, readable or not. */
  readonly faces: number;
  readonly groupIds: readonly string[];
  readonly isPersonGone: boolean;
  readonly reasons: readonly RetentionReason[];
  /** Where faces or the person went; a dry run has none. */
  readonly receipt?: ReceiptTicket;
}

export type Judge = (kept: KeptPerson) => Due | undefined;

export interface PolicyStore {
  /**
   * A policy counts whether or not the group exists now; undefined takes it back.
   * @returns false when there is no such account
   */
  setPolicy(account: string, groupId: string, policy: RetentionPolicy | undefined): Promise<boolean>;
  /** Sorted by account and group. */
  listPolicies(): Promise<GroupPolicy[]>;
}

/** The part of a store that retention works on. */
export interface RetentionStore extends PolicyStore {
  /** At most `limit` persons of all accounts whose handle is greater than `after`, by handle. */
  listKept(after: PersonHandle, limit: number): Promise<KeptPerson[]>;
  findKept(account: string, personId: string): Promise<KeptPerson | undefined>;
  /** What `clear` would delete at this moment. */
  preview(person: PersonHandle, judge: Judge): Promise<Cleared | undefined>;
  /**
   * Judges the person anew and deletes what is due, in one atomic step: a search or an enrolment that came before
   * counts. `onGone` is called once it is certain what goes, before its bytes are overwritten.
   * @returns undefined when nothing is due any more
   */
  clear(person: PersonHandle, judge: Judge, onGone: (cleared: Cleared) => void): Promise<Cleared | undefined>;
  /** Remembers, once a day for each, that a group was searched and who was found. Returns at once; written soon after. */
  noteSearch(account: string, groupId: string, found: readonly PersonHandle[]): void;
  /** False when there is no such person. */
  setConsent(account: string, personId: string, consent: Consent): Promise<boolean>;
  /** Ends the consent today, whether or not one was recorded. False when there is no such person. */
  endConsent(account: string, personId: string): Promise<boolean>;
  /** Its texts are left out where a consent was ended that had not been recorded. Undefined where there is none. */
  getConsent(account: string, personId: string): Promise<RecordedConsent | undefined>;
}
