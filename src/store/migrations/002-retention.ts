// Format 2: the days that retention counts from, each group's policy, and when a consent ends.
export const retention = `
-- Whole days since 1970-01-01 UTC: enough for a schedule, and less telling than a time.
ALTER TABLE faces ADD COLUMN enrolled_day INTEGER NOT NULL DEFAULT 0;
ALTER TABLE persons ADD COLUMN active_day INTEGER NOT NULL DEFAULT 0;
-- Null: no consent was recorded.
ALTER TABLE persons ADD COLUMN consent_end_day INTEGER;
ALTER TABLE membership ADD COLUMN joined_day INTEGER NOT NULL DEFAULT 0;
-- 0: never searched.
ALTER TABLE person_groups ADD COLUMN searched_day INTEGER NOT NULL DEFAULT 0;

-- What format 1 did not note begins today.
UPDATE faces SET enrolled_day = unixepoch() / 86400;
UPDATE persons SET active_day = unixepoch() / 86400;
UPDATE membership SET joined_day = unixepoch() / 86400;

-- By the group's lookup, so that a policy outlives a group that empties and fills again.
-- Days; null follows the default, 0 sets no limit.
CREATE TABLE retention_policies (
  lookup BLOB PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES accounts,
  sealed_id BLOB NOT NULL,
  max_age_days INTEGER,
  idle_days INTEGER,
  inactive_days INTEGER
) STRICT, WITHOUT ROWID;
`;
