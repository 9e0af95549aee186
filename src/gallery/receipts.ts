// Receipts of deletions: what one says, and how it is drafted, hashed, signed and chained.
import { createHash, createHmac, type KeyObject, randomBytes, sign } from 'node:crypto';

/** Why something was deleted. A deletion that start-up had to finish keeps the cause it was begun with. */
export type DeletionCause = 'request' | 'retention' | 'restore';

interface DeletedCounts {
  readonly faces: number;
  readonly persons: number;
  readonly photographs: number;
}

/** What is known of a deletion before its bytes are gone; recorded in the same step as the deletion itself. */
export interface ReceiptDraft {
  /** 32 hexadecimal digits, the time of `begunAt` and then random ones: says nothing of whom it is about. */
  readonly id: string;
  /** When the rows went, ISO 8601 in UTC: from here on no search, list or read answered what was deleted. */
  readonly begunAt: string;
  readonly class: 'faces' | 'person' | 'sweep';
  readonly deleted: DeletedCounts;
  readonly cause: DeletionCause;
  /**
   * HMAC-SHA256(salt, face id) of each face whose id could be read: a face whose key was already gone, or whose record
   * the disk had damaged, counts in `deleted` and is not listed.
   */
  readonly faces: readonly string[];
}

/** Checks made before a receipt is signed: slots read back from the files, after the sync, and found to be all zeros. */
export interface ErasureChecks {
  readonly keySlotsReadZero: number;
  readonly recordSlotsReadZero: number;
}

export interface Receipt extends ReceiptDraft {
  readonly version: 1;
  /** 1, 2, 3 … within one library, in the order in which deletions were finished. */
  readonly sequence: number;
  /** When keys and records were overwritten and that was on disk. */
  readonly finishedAt: string;
  readonly technique: string;
  readonly checks: ErasureChecks;
  /** What overwriting cannot promise of storage media, and what holds there instead. */
  readonly media: string;
  /** SHA-256 of the receipt before it; zeros before the first. */
  readonly previous: string;
  /** SHA-256 of the public key (SPKI, DER) that verifies the signature. */
  readonly key: string;
  /** Ed25519 over the canonical JSON of all other fields. */
  readonly signature: string;
}

/** What the caller of a deletion gets, and nobody else: with the salt a receipt can be tied to a face, without it not. */
export interface ReceiptTicket {
  readonly id: string;
  readonly salt: string;
}

/** Where a chain stands; whoever remembers one notices a chain that was cut off or replaced since. */
export interface ChainHead {
  readonly sequence: number;
  readonly hash: string;
}

export const emptyChain: ChainHead = { sequence: 0, hash: '0'.repeat(64) };

// NIST SP 800-88 Rev. 2 (September 2025) calls destroying the key "cryptographic erase".
const technique =
  'NIST SP 800-88r2 cryptographic erase (AES-256-GCM keys zeroed), then ciphertext overwritten with zeros';
const media =
  'overwritten in place; SSDs and copy-on-write file systems may keep remapped ciphertext, which opened only with the destroyed key';

export const idBytes = 16;
/** As in a UUID of version 7: ids that rise with the time stay together in an index, so that fewer pages are written. */
const idTimeBytes = 6;
/** The length of the hash (RFC 2104, section 3), since face ids are few enough to be tried out against a short one. */
const saltBytes = 32;

export interface ReceiptStore {
  /** A finished deletion's receipt; undefined while it is not finished, when unknown, or another account's. */
  getReceipt(account: string, id: string): Promise<Receipt | undefined>;
  /** The whole chain, of all accounts, from the first receipt on. */
  receipts(): Iterable<Receipt>;
  /** Verifies every receipt of the chain: Ed25519, SPKI, PEM. */
  readonly receiptKey: string;
}

export interface Deleted extends Pick<ReceiptDraft, 'class' | 'deleted' | 'cause'> {
  /** Those that could be read. */
  readonly faceIds: readonly string[];
}

/** Draws the id and the salt of a receipt. */
export function draftReceipt(
  { faceIds, ...what }: Deleted,
  nowMs: number,
): { draft: ReceiptDraft; salt: string } {
  const salt = randomBytes(saltBytes).toString('hex');
  const draft: ReceiptDraft = {
    id: drawId(nowMs),
    begunAt: new Date(nowMs).toISOString(),
    ...what,
    faces: faceIds.map((faceId) => subjectOf(salt, faceId)),
  };
  return { draft, salt };
}

/** 80 random bits after the time: no two receipts meet, and none can be guessed. */
function drawId(nowMs: number): string {
  const id = randomBytes(idBytes);
  id.writeUIntBE(nowMs, 0, idTimeBytes);
  return id.toString('hex');
}

/** How a face stands in the receipt whose salt this is (64 hexadecimal digits). */
export const subjectOf = (salt: string, faceId: string): string =>
  createHmac('sha256', Buffer.from(salt, 'hex')).update(faceId).digest('hex');

/** Signs a draft as the next link of a chain. `key` is Ed25519. */
export function completeReceipt(
  draft: ReceiptDraft,
  { head, checks, nowMs }: { head: ChainHead; checks: ErasureChecks; nowMs: number },
  { privateKey, fingerprint }: { privateKey: KeyObject; fingerprint: string },
): Receipt {
  const unsigned: Omit<Receipt, 'signature'> = {
    ...draft,
    version: 1,
    sequence: head.sequence + 1,
    finishedAt: new Date(nowMs).toISOString(),
    technique,
    checks,
    media,
    previous: head.hash,
    key: fingerprint,
  };
  return { ...unsigned, signature: sign(null, signedBytes(unsigned), privateKey).toString('hex') };
}

export const fingerprintOf = (publicKey: KeyObject): string =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');

/** Where the chain stands after a receipt. The signature is part of the hash. */
export const headAfter = (receipt: Receipt): ChainHead => headOf(receipt.sequence, canonicalJson(receipt));

/** Likewise, where the receipt's canonical text is at hand. */
export const headOf = (sequence: number, text: string): ChainHead => ({
  sequence,
  hash: createHash('sha256').update(text).digest('hex'),
});

/** JSON without blanks, keys in order: RFC 8785 for what a receipt holds, plain text and whole numbers. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

// The words before it keep the key's signatures from being taken for signatures of anything else.
export const signedBytes = (unsigned: Omit<Receipt, 'signature'>): Buffer =>
  Buffer.from(`lethe receipt 1\n${canonicalJson(unsigned)}`);
