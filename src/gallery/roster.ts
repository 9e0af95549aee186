// Who is enrolled and where they belong, in memory: whom a search finds under which number, and who that is.
import type { GroupHandle, PersonHandle, PersonProfile, StoredPerson } from './ports.ts';

interface Group {
  readonly key: string;
  readonly groupId: string;
  readonly handle: GroupHandle;
  persons: number;
}

/** One object a person, and the strings that it shares with the maps: a million persons stand in memory. */
class Entry {
  readonly account: string;
  readonly personId: string;
  name: string | undefined;
  note: string | undefined;
  groups: readonly Group[] = none;

  constructor(account: string, { personId, name, note }: PersonProfile) {
    this.account = account;
    this.personId = personId;
    this.name = name;
    this.note = note;
  }
}

const none: readonly Group[] = [];

/** Mirrors the store's persons and memberships; changed only after the store has answered. */
export class Roster {
  readonly #entries = new Map<PersonHandle, Entry>();
  /** By account, then person id. */
  readonly #handles = new Map<string, Map<string, PersonHandle>>();
  readonly #groups = new Map<string, Group>();
  readonly #onGroups: (person: PersonHandle, groups: readonly GroupHandle[]) => void;
  #lastHandle: GroupHandle = 0;

  /** @param onGroups told the groups of each person who enters, joins or leaves some */
  constructor(onGroups: (person: PersonHandle, groups: readonly GroupHandle[]) => void) {
    this.#onGroups = onGroups;
  }

  enter({ account, person, profile, groupIds }: StoredPerson): void {
    this.#entries.set(person, new Entry(account, profile));
    const handles = this.#handles.get(account) ?? new Map<string, PersonHandle>();
    this.#handles.set(account, handles.set(profile.personId, person));
    this.join(person, groupIds);
  }

  join(person: PersonHandle, groupIds: readonly string[]): void {
    const entry = this.#entries.get(person);
    if (entry === undefined) return;
    const isNew = (groupId: string) => !entry.groups.some((group) => group.groupId === groupId);
    const joined = [...new Set(groupIds)]
      .filter(isNew)
      .map((groupId) => this.#groupOf(entry.account, groupId));
    for (const group of joined) group.persons++;
    this.#set(person, entry, [...entry.groups, ...joined]);
  }

  leave(person: PersonHandle, groupIds: readonly string[]): void {
    const entry = this.#entries.get(person);
    if (entry === undefined) return;
    const isLeft = ({ groupId }: Group) => groupIds.includes(groupId);
    this.#release(entry.groups.filter(isLeft));
    this.#set(
      person,
      entry,
      entry.groups.filter((group) => !isLeft(group)),
    );
  }

  rename(person: PersonHandle, profile: PersonProfile): void {
    const entry = this.#entries.get(person);
    if (entry === undefined) return;
    entry.name = profile.name;
    entry.note = profile.note;
  }

  strike(person: PersonHandle): void {
    const entry = this.#entries.get(person);
    if (entry === undefined) return;
    this.#release(entry.groups);
    this.#entries.delete(person);
    // The id may have been enrolled anew, under another handle, before this one was struck.
    if (this.find(entry.account, entry.personId) !== person) return;
    const handles = this.#handles.get(entry.account);
    handles?.delete(entry.personId);
    if (handles?.size === 0) this.#handles.delete(entry.account);
  }

  find(account: string, personId: string): PersonHandle | undefined {
    return this.#handles.get(account)?.get(personId);
  }

  /** Undefined where nobody is in the group. */
  findGroup(account: string, groupId: string): GroupHandle | undefined {
    return this.#groups.get(keyOf(account, groupId))?.handle;
  }

  /** Groups of a person, as it joined them; none where it is gone. */
  groupIdsOf(person: PersonHandle): string[] {
    return this.#entries.get(person)?.groups.map(({ groupId }) => groupId) ?? [];
  }

  profileOf(person: PersonHandle): PersonProfile | undefined {
    const entry = this.#entries.get(person);
    if (entry === undefined) return undefined;
    const { personId, name, note } = entry;
    return {
      personId,
      ...(name === undefined ? {} : { name }),
      ...(note === undefined ? {} : { note }),
    };
  }

  #set(person: PersonHandle, entry: Entry, groups: readonly Group[]): void {
    entry.groups = groups;
    this.#onGroups(
      person,
      groups.map(({ handle }) => handle),
    );
  }

  #groupOf(account: string, groupId: string): Group {
    const key = keyOf(account, groupId);
    const present = this.#groups.get(key);
    if (present !== undefined) return present;
    // Handles are not given out twice: a search that was asked for a group gone meanwhile finds nobody.
    const group = { key, groupId, handle: ++this.#lastHandle, persons: 0 };
    this.#groups.set(key, group);
    return group;
  }

  #release(groups: readonly Group[]): void {
    for (const group of groups) if (--group.persons === 0) this.#groups.delete(group.key);
  }
}

// Ids hold no slash, so two accounts' keys never meet.
const keyOf = (account: string, id: string): string => `${account}/${id}`;
