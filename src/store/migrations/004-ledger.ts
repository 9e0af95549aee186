// Format 4: the ledger of what was erased, for restoring a backup together with keys that are as old as itself.
export const ledger = `
-- A tag is SHA-256 of the row's lookup: it recognises the row in a copy and says nothing by itself.
-- AUTOINCREMENT: what has a higher number than all entries of a copy was erased after it was made.
CREATE TABLE erased (
  entry INTEGER PRIMARY KEY AUTOINCREMENT,
  tag BLOB NOT NULL,
  day INTEGER NOT NULL
) STRICT;
CREATE INDEX erased_on ON erased (day);
-- By trigger, so that no way of deleting can leave it out; erased_tag is a function of ours.
CREATE TRIGGER erased_faces AFTER DELETE ON faces
BEGIN INSERT INTO erased (tag, day) VALUES (erased_tag(OLD.lookup), unixepoch() / 86400); END;
CREATE TRIGGER erased_persons AFTER DELETE ON persons
BEGIN INSERT INTO erased (tag, day) VALUES (erased_tag(OLD.lookup), unixepoch() / 86400); END;
`;
