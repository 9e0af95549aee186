// What is remembered of deletions for a while: that a face was deleted, and what an idempotency key was answered.
import { type LibraryKeys, lookupOf, sealText, unsealText } from '../sealing.ts';
import type { Connection } from './database.ts';

const dayMs = 86_400_000;

/**
 * A month, the time that GDPR, article 12(3), gives to act on a request: who asks again within it is told "already
 * deleted", later "not found".
 */
const rememberedForMs = 31 * dayMs;

/** 128 bits of the hash: no two faces meet, and twice as many fit a page. */
const rememberedBytes = 16;

/** Long enough for a client that retries after a night. */
const idempotentForMs = dayMs;

/**
 * A deleted face is remembered as HMAC-SHA256 of account, person and face id, under a key that opens only with the root
 * key: not the hash its row was found by, and of no use without asking for that very id of that very person. It says
 * "this id was deleted", nothing of the face; since whoever holds both root key and id can ask it so, it is still
 * pseudonymised personal data (GDPR, recital 26), and goes after `rememberedForMs`. Receipts and their export do not
 * contain it.
 */
export class DeletionMemory {
  readonly #keys: LibraryKeys;
  readonly #statements;

  constructor(connection: Connection, keys: LibraryKeys) {
    this.#keys = keys;
    this.#statements = prepare(connection);
  }

  remember(account: string, personId: string, faceId: string, nowMs: number): void {
    this.#statements.remember.run(this.#faceLookup(account, personId, faceId), nowMs + rememberedForMs);
  }

  remembers(account: string, personId: string, faceId: string, nowMs: number): boolean {
    return this.#statements.remembers.get(this.#faceLookup(account, personId, faceId), nowMs) !== undefined;
  }

  /** Sealed, since it may hold a receipt's salt. */
  keepAnswer(account: string, idempotencyKey: string, request: string, answer: string, nowMs: number): void {
    const lookup = lookupOf(this.#keys, 'idempotency key', account, idempotencyKey);
    const sealed = sealText(this.#keys, 'answer', lookup, answer);
    this.#statements.keepAnswer.run(
      lookup,
      this.#requestHash(account, request),
      sealed,
      nowMs + idempotentForMs,
    );
  }

  /** The answer kept under a key, and whether it was given to the same request. */
  findAnswer(
    account: string,
    idempotencyKey: string,
    request: string,
    nowMs: number,
  ): { isSameRequest: boolean; answer: string } | undefined {
    const lookup = lookupOf(this.#keys, 'idempotency key', account, idempotencyKey);
    const row = this.#statements.findAnswer.get(lookup, nowMs);
    if (row === undefined) return undefined;
    return {
      isSameRequest: this.#requestHash(account, request).equals(row.request),
      answer: unsealText(this.#keys, 'answer', lookup, row.sealedAnswer),
    };
  }

  /** Forgets what has been kept long enough; answers how many rows went. Looks at every row. */
  purge(nowMs: number): number {
    return this.#statements.purgeFaces.run(nowMs).changes + this.#statements.purgeAnswers.run(nowMs).changes;
  }

  #faceLookup(account: string, personId: string, faceId: string): Buffer {
    // Neither id holds a slash.
    const hash = lookupOf(this.#keys, 'deleted face', account, `${personId}/${faceId}`);
    return hash.subarray(0, rememberedBytes);
  }

  #requestHash(account: string, request: string): Buffer {
    return lookupOf(this.#keys, 'request', account, request);
  }
}

function prepare(connection: Connection) {
  return {
    remember: connection.prepare<[Buffer, number]>('INSERT OR REPLACE INTO forgotten_faces VALUES (?, ?)'),
    remembers: connection.prepare<[Buffer, number], unknown>(
      'SELECT 1 FROM forgotten_faces WHERE lookup = ? AND until_ms > ?',
    ),
    keepAnswer: connection.prepare<[Buffer, Buffer, Buffer, number]>(
      'INSERT OR REPLACE INTO idempotent_answers VALUES (?, ?, ?, ?)',
    ),
    findAnswer: connection.prepare<[Buffer, number], { request: Buffer; sealedAnswer: Buffer }>(
      `SELECT request, sealed_answer AS sealedAnswer FROM idempotent_answers
       WHERE lookup = ? AND until_ms > ?`,
    ),
    purgeFaces: connection.prepare<[number]>('DELETE FROM forgotten_faces WHERE until_ms <= ?'),
    purgeAnswers: connection.prepare<[number]>('DELETE FROM idempotent_answers WHERE until_ms <= ?'),
  };
}
