// Format 1: accounts and their keys, persons, faces, groups, membership, and the bookkeeping of slots.
export const library = `
CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
  account INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE access_keys (
  id TEXT PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES accounts,
  status TEXT NOT NULL CHECK (status IN ('active', 'disabled')),
  created_at_ms INTEGER NOT NULL,
  sealed_material BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- AUTOINCREMENT: a handle is never given to a second person. No slot: the profile was lost (a restored backup).
CREATE TABLE persons (
  person INTEGER PRIMARY KEY AUTOINCREMENT,
  account INTEGER NOT NULL REFERENCES accounts,
  lookup BLOB NOT NULL UNIQUE,
  slot INTEGER UNIQUE
) STRICT;

-- In the order of enrolment.
CREATE TABLE faces (
  face INTEGER PRIMARY KEY,
  person INTEGER NOT NULL REFERENCES persons,
  lookup BLOB NOT NULL UNIQUE,
  slot INTEGER NOT NULL UNIQUE
) STRICT;
CREATE INDEX faces_of_person ON faces (person, face);

CREATE TABLE person_groups (
  person_group INTEGER PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES accounts,
  lookup BLOB NOT NULL UNIQUE,
  sealed_id BLOB NOT NULL
) STRICT;
CREATE INDEX groups_of_account ON person_groups (account);

-- In the order of joining.
CREATE TABLE membership (
  membership INTEGER PRIMARY KEY,
  person_group INTEGER NOT NULL REFERENCES person_groups,
  person INTEGER NOT NULL REFERENCES persons,
  UNIQUE (person, person_group)
) STRICT;
CREATE INDEX members_of_group ON membership (person_group, membership);

-- A slot is owned by a row above, about to be erased, free, or beyond next_slot.
CREATE TABLE erase_intents (slot INTEGER PRIMARY KEY) STRICT;
CREATE TABLE free_slots (slot INTEGER PRIMARY KEY) STRICT;
CREATE TABLE slot_space (next_slot INTEGER NOT NULL) STRICT;
INSERT INTO slot_space VALUES (1);
`;
