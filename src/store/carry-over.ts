// What a restore must not set back: receipts, the ledger, disabled AccessKeys, legal holds and retention policies.
import { join } from 'node:path';
import { type Connection, openRows } from './sqlite/database.ts';
import { readLibraryId } from './sqlite/ledger.ts';

/**
 * Copies from the database a folder holds now into restored rows. Numbers of accounts, persons and receipts are the
 * same in both wherever both know them, since a library never gives one twice; rows are met by name or hash all the same.
 * @throws {Error} in plain words when the folder's database is another library's, damaged, or of an older format
 */
export function carryOver(folder: string, restored: Connection): void {
  const present = openRows(folder);
  try {
    if (!readLibraryId(present).equals(readLibraryId(restored))) {
      throw new Error(`${folder} holds another library than the backup`);
    }
  } finally {
    present.close();
  }
  restored.prepare('ATTACH ? AS present').run(join(folder, 'library.db'));
  try {
    restored.transaction(() => restored.exec(statements))();
  } finally {
    restored.exec('DETACH present');
  }
}

const account = `(SELECT mine.account FROM main.accounts AS mine JOIN present.accounts AS theirs USING (name)
  WHERE theirs.account = given.account)`;

const statements = `
INSERT OR IGNORE INTO main.accounts (name) SELECT name FROM present.accounts ORDER BY account;

INSERT OR REPLACE INTO main.access_keys (id, account, status, created_at_ms, allowed_actions, sealed_material)
  SELECT id, ${account}, status, created_at_ms, allowed_actions, sealed_material FROM present.access_keys AS given;

INSERT OR IGNORE INTO main.meta SELECT * FROM present.meta;

-- A receipt that was pending when the backup was made is finished by now, or pending still.
UPDATE main.receipts SET (slots, draft, sequence, signed) =
  (SELECT slots, draft, sequence, signed FROM present.receipts AS given WHERE given.id = main.receipts.id)
  WHERE sequence IS NULL AND id IN (SELECT id FROM present.receipts);
INSERT INTO main.receipts (receipt, id, account, slots, draft, sequence, signed)
  SELECT receipt, id, ${account}, slots, draft, sequence, signed FROM present.receipts AS given
  WHERE id NOT IN (SELECT id FROM main.receipts);

INSERT INTO main.erased SELECT * FROM present.erased WHERE entry NOT IN (SELECT entry FROM main.erased);
INSERT OR REPLACE INTO main.forgotten_faces SELECT * FROM present.forgotten_faces;
INSERT OR REPLACE INTO main.idempotent_answers SELECT * FROM present.idempotent_answers;

DELETE FROM main.holds;
INSERT INTO main.holds (id, account, person, face_lookup, until_ms, sealed_terms)
  SELECT given.id, ${account}, mine.person, given.face_lookup, given.until_ms, given.sealed_terms
  FROM present.holds AS given JOIN present.persons AS theirs ON theirs.person = given.person
  JOIN main.persons AS mine ON mine.lookup = theirs.lookup;

DELETE FROM main.retention_policies;
INSERT INTO main.retention_policies (lookup, account, sealed_id, max_age_days, idle_days, inactive_days)
  SELECT lookup, ${account}, sealed_id, max_age_days, idle_days, inactive_days
  FROM present.retention_policies AS given;

-- A number that was given since is not given again.
UPDATE main.sqlite_sequence SET seq = max(seq,
  (SELECT seq FROM present.sqlite_sequence AS given WHERE given.name = main.sqlite_sequence.name))
  WHERE name IN (SELECT name FROM present.sqlite_sequence);
INSERT INTO main.sqlite_sequence SELECT * FROM present.sqlite_sequence
  WHERE name NOT IN (SELECT name FROM main.sqlite_sequence);
`;
