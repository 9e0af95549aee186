// Format 3: receipts, which intents they wait for, what is remembered of a deletion for a while, and legal holds.
export const receipts = `
-- Without a sequence: the deletion is committed, its bytes are not all gone yet. The draft names nobody.
CREATE TABLE receipts (
  receipt INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  account INTEGER NOT NULL REFERENCES accounts,
  slots INTEGER NOT NULL DEFAULT 0,
  draft TEXT,
  sequence INTEGER UNIQUE,
  signed TEXT,
  CHECK ((sequence IS NULL) = (signed IS NULL) AND (draft IS NULL) = (signed IS NOT NULL))
) STRICT;
CREATE INDEX pending_receipts ON receipts (receipt) WHERE sequence IS NULL;
CREATE TRIGGER receipts_are_kept BEFORE DELETE ON receipts
BEGIN SELECT RAISE(ABORT, 'receipts are append-only'); END;
CREATE TRIGGER receipts_stay_as_signed BEFORE UPDATE ON receipts WHEN OLD.sequence IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'receipts are append-only'); END;

-- No receipt: a profile that was replaced, which is no deletion. No index: few intents stand at a time, and each page
-- more that a deletion touches is a page more to be on disk before it is answered.
ALTER TABLE erase_intents ADD COLUMN receipt INTEGER;

-- Keyed hashes of deleted faces, none of them equal to the hash the face was found by.
CREATE TABLE forgotten_faces (
  lookup BLOB PRIMARY KEY,
  until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotent_answers (
  lookup BLOB PRIMARY KEY,
  request BLOB NOT NULL,
  sealed_answer BLOB NOT NULL,
  until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotent_until ON idempotent_answers (until_ms);

-- No face: the person with all faces.
CREATE TABLE holds (
  hold INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  account INTEGER NOT NULL REFERENCES accounts,
  person INTEGER NOT NULL REFERENCES persons,
  face_lookup BLOB,
  until_ms INTEGER NOT NULL,
  sealed_terms BLOB NOT NULL
) STRICT;
CREATE INDEX holds_of_person ON holds (person);
`;
