// What may be wrong with the picture of a request that names one, and of no other.
import type { RefusalName } from '../wire/errors.ts';

/** Where a request names several pictures, each item carries its own instead. */
export const pictureRefusals = [
  'unsafeAddress',
  'addressForbidden',
  'pictureNotFound',
  'downloadFailed',
  'pictureTooLarge',
  'badFormat',
  'downloadTimeout',
  'algorithmFailed',
  'permissionDenied',
] as const satisfies readonly RefusalName[];
