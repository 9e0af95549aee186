// Format 5: the actions that an AccessKey may call, where it may not call all of them.
export const allowedActions = `
-- A JSON array of names; null allows every action.
ALTER TABLE access_keys ADD COLUMN allowed_actions TEXT;
`;
