// The derived files and their text; `npm run derive` writes them, a test holds the committed ones against it.
import { openApiDocument } from './openapi.ts';
import { referenceManual } from './reference.ts';

/** Path from the project's root, and the text the file must have. */
export const derivedFiles = (): Record<string, string> => ({
  'openapi.json': `${JSON.stringify(openApiDocument(), null, 2)}\n`,
  'docs/reference.md': `${referenceManual().trimEnd()}\n`,
});
