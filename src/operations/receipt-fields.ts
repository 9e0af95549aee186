// A receipt as it stands in an answer: its fields, and the example that the documents show.
import * as z from 'zod';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().nonnegative();

/** What each field means: `src/gallery/receipts.ts`. */
export const receipt = z.object({
  version: z.literal(1),
  id: z.string().describe('The time of begunAt, then 80 random bits'),
  sequence: z.int().positive().describe('Place in the chain of the whole library'),
  begunAt: z.string().describe('ISO 8601, UTC: from here on nothing answered what was deleted'),
  finishedAt: z.string().describe('When keys and records were overwritten, on disk'),
  class: z.enum(['faces', 'person', 'sweep']),
  deleted: z.object({ faces: count, persons: count, photographs: count }),
  cause: z.enum(['request', 'retention', 'restore']),
  technique: z.string(),
  checks: z.object({ keySlotsReadZero: count, recordSlotsReadZero: count }),
  media: z
    .string()
    .describe('What overwriting cannot promise of storage media, and what holds there instead'),
  faces: z.array(hash).describe('HMAC-SHA256(salt, face id) of each face whose id could be read'),
  previous: hash.describe('SHA-256 of the receipt before it'),
  key: hash.describe('SHA-256 of the public key'),
  signature: z.string().describe('Ed25519 over the other fields, in hexadecimal'),
});

export const exampleSalt = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';

/** Signed with the key of RFC 8032, section 7.1, test 1. */
export const exampleReceipt: z.infer<typeof receipt> = {
  id: '0f1e2d3c4b5a69788796a5b4c3d2e1f0',
  begunAt: '2026-11-24T10:56:56.000Z',
  class: 'faces',
  deleted: { faces: 1, persons: 0, photographs: 0 },
  cause: 'request',
  faces: ['604aeb6797f02ab9802de7d3001207c688345344e9d77c6fc6e2aec61eed6dac'],
  version: 1,
  sequence: 1,
  finishedAt: '2026-11-24T10:56:56.012Z',
  technique:
    'NIST SP 800-88r2 cryptographic erase (AES-256-GCM keys zeroed), then ciphertext overwritten with zeros',
  checks: { keySlotsReadZero: 1, recordSlotsReadZero: 1 },
  media:
    'overwritten in place; SSDs and copy-on-write file systems may keep remapped ciphertext, which opened only with the destroyed key',
  previous: '0000000000000000000000000000000000000000000000000000000000000000',
  key: '06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9',
  signature:
    'bd3e8f2236afbf3134a3a0005084c181ef7b8ba20483318a02fbd8a2fe6863a46728640129d60b338199df92bddd172081c79d59b978531297b170a46ac3c607',
};
