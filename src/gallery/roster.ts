// Who is enrolled and where they belong, in memory: what a search reads to know whom it may answer.
import type { PersonHandle, PersonProfile, StoredPerson } from './ports.ts';

interface Entry {
  readonly account: string;
  profile: PersonProfile;
  readonly groupIds: Set<string>;
}

/** Mirrors the store's persons and memberships; changed only after the store has answered. */
export class Roster {
  readonly #entries = new Map<PersonHandle, Entry>();
  readonly #handles = new Map<string, PersonHandle>();
  readonly #members = new Map<string, Set<PersonHandle>>();

  enter({ account, person, profile, groupIds }: StoredPerson): void {
    this.#entries.set(person, { account, profile, groupIds: new Set() });
    this.#handles.set(keyOf(account, profile.personId), person);
    this.join(person, groupIds);
  }

  join(person: PersonHandle, groupIds: readonly string[]): void {
    const entry = this.#entries.get(person);
    if (entry === undefined) return;
    for (const groupId of groupIds) {
      entry.groupIds.add(groupId);
      const key = keyOf(entry.account, groupId);
      const members = this.#members.get(key) ?? new Set();
      this.#members.set(key, members.add(person));
    }
  }

  leave(person: PersonHandle, groupIds: readonly string[]): void {
    const entry = this.#entries.get(person);
    if (entry === undefined) return;
    for (const groupId of groupIds) {
      entry.groupIds.delete(groupId);
      const key = keyOf(entry.account, groupId);
      const members = this.#members.get(key);
      members?.delete(person);
      if (members?.size === 0) this.#members.delete(key);
    }
  }

  rename(person: PersonHandle, profile: PersonProfile): void {
    const entry = this.#entries.get(person);
    if (entry !== undefined) entry.profile = profile;
  }

  strike(person: PersonHandle): void {
    const entry = this.#entries.get(person);
    if (entry === undefined) return;
    this.leave(person, [...entry.groupIds]);
    this.#entries.delete(person);
    const key = keyOf(entry.account, entry.profile.personId);
    // The id may have been enrolled anew, under another handle, before this one was struck.
    if (this.#handles.get(key) === person) this.#handles.delete(key);
  }

  find(account: string, personId: string): PersonHandle | undefined {
    return this.#handles.get(keyOf(account, personId));
  }

  profileOf(person: PersonHandle): PersonProfile | undefined {
    return this.#entries.get(person)?.profile;
  }

  membersOf(account: string, groupId: string): ReadonlySet<PersonHandle> {
    return this.#members.get(keyOf(account, groupId)) ?? new Set();
  }
}

// Ids hold no slash, so two accounts' keys never meet.
const keyOf = (account: string, id: string): string => `${account}/${id}`;
