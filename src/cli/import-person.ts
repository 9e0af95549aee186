// Checks what a source says of a person against what the wire takes, before anything is sent.
import { distinct, groupId, name, note, personId } from '../wire/fields.ts';
import type { ImportPerson } from './import-item.ts';
import { suggestId } from './suggest-id.ts';

/** How an import treats what its source gives. */
export interface ImportRules {
  /** Groups that everybody joins. */
  readonly groupIds: readonly string[];
  /** Whether an id that the wire refuses is replaced by the one suggested, and kept as the name. */
  readonly isFixingIds: boolean;
}

export type PersonFields = Pick<ImportPerson, 'personId' | 'name' | 'note' | 'groupIds'>;

/**
 * @returns the person's fields with the groups of the rules, or why the wire would refuse them; no value is repeated
 */
export function checkPerson(given: PersonFields, rules: ImportRules): PersonFields | { refused: string } {
  const groupIds = distinct([...given.groupIds, ...rules.groupIds]);
  const badId = issueOf(personId.safeParse(given.personId));
  const isFixed = badId !== undefined && rules.isFixingIds && given.personId !== '';
  if (badId !== undefined && !isFixed) {
    const suggestion =
      given.personId === '' ? '' : `; ${suggestId(given.personId)} would do (--fix-ids takes it)`;
    return { refused: `the id of a person ${badId}${suggestion}` };
  }
  const person: PersonFields = {
    ...given,
    groupIds,
    ...(isFixed ? { personId: suggestId(given.personId), name: given.name ?? given.personId } : {}),
  };
  const badGroup = groupIds.map((id) => issueOf(groupId.safeParse(id))).find((bad) => bad !== undefined);
  if (badGroup !== undefined) return { refused: `the id of a group ${badGroup}` };
  const badText =
    issueOf(name.optional().safeParse(person.name)) ?? issueOf(note.optional().safeParse(person.note));
  if (badText !== undefined) return { refused: `name or note ${badText}` };
  return person;
}

const issueOf = ({ error }: { error?: { issues: { message: string }[] } | undefined }): string | undefined =>
  error?.issues[0]?.message;
