// Holds uploads until they are used, an hour at most: in memory only, sealed, bounded for each account and in all.
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { ArrivingUpload, UploadStore } from '../gallery/ports.ts';
import { Refusal } from '../wire/errors.ts';
import { uploadLifeMs } from '../wire/limits.ts';

export interface UploadLimits {
  /** Bytes that the uploads of one account may take, those arriving included. */
  readonly accountBytes: number;
  /** Bytes of all accounts. */
  readonly totalBytes: number;
  /** Milliseconds since 1970. */
  readonly nowMs?: () => number;
}

/** What an upload takes besides its bytes, so that empty ones count, too. */
const overheadBytes = 4_096;

/** What each piece of it takes besides its bytes: a hostile caller may send single ones. */
const chunkOverheadBytes = 256;

/** How often what nobody used is looked for: a minute late at most, and `open` never answers it. */
const sweepEveryMs = 60_000;

/** A key serves one upload and one encryption, so the nonce need not differ (NIST SP 800-38D, section 8). */
const nonce = Buffer.alloc(12);

interface Upload {
  readonly account: string;
  readonly name: string;
  readonly key: Buffer;
  readonly chunks: Buffer[];
  tag: Buffer;
  md5: string;
  /** Charged to the account. */
  bytes: number;
  endsAtMs: number;
  /** Requests of the account that were under way when it was first opened; it goes with the last of them. */
  users?: Set<object>;
}

/** The name under which an account's object is kept; an account's name holds no slash. */
const nameOf = (account: string, object: string): string => `${account}/${object}`;

export class Uploads implements UploadStore {
  readonly #limits: UploadLimits;
  readonly #nowMs: () => number;
  readonly #kept = new Map<string, Upload>();
  readonly #arriving = new Set<Upload>();
  readonly #bytesOf = new Map<string, number>();
  readonly #requestsOf = new Map<string, Set<object>>();
  readonly #sweep: NodeJS.Timeout;
  #bytes = 0;

  constructor(limits: UploadLimits) {
    this.#limits = limits;
    this.#nowMs = limits.nowMs ?? Date.now;
    this.#sweep = setInterval(() => this.forgetOld(), sweepEveryMs).unref();
  }

  /** Bytes held, of all accounts. */
  get bytes(): number {
    return this.#bytes;
  }

  receive(account: string, object: string): ArrivingUpload {
    const upload: Upload = {
      account,
      name: nameOf(account, object),
      key: randomBytes(32),
      chunks: [],
      tag: Buffer.alloc(0),
      md5: '',
      bytes: 0,
      endsAtMs: 0,
    };
    this.#charge(upload, overheadBytes);
    this.#arriving.add(upload);
    const cipher = createCipheriv('aes-256-gcm', upload.key, nonce);
    const hash = createHash('md5');
    const keep = () => this.#keep(upload);
    return {
      write: (chunk) => {
        this.#charge(upload, chunk.length + chunkOverheadBytes);
        hash.update(chunk);
        upload.chunks.push(cipher.update(chunk));
      },
      get md5() {
        upload.md5 ||= hash.digest('base64');
        return upload.md5;
      },
      keep() {
        upload.md5 = this.md5;
        cipher.final();
        upload.tag = cipher.getAuthTag();
        keep();
      },
      drop: () => {
        if (this.#arriving.delete(upload)) this.#erase(upload);
      },
    };
  }

  holds(account: string, object: string, md5: string): boolean {
    return this.#find(account, object)?.md5 === md5;
  }

  open(account: string, object: string): Buffer | undefined {
    const upload = this.#find(account, object);
    if (upload === undefined) return undefined;
    upload.users ??= new Set(this.#requestsOf.get(account));
    const bytes = unseal(upload);
    // Nobody's work: nothing will end that it could wait for.
    if (upload.users.size === 0) this.#forget(upload);
    return bytes;
  }

  async during<Value>(account: string, work: () => Promise<Value>): Promise<Value> {
    const request = {};
    const requests = this.#requestsOf.get(account) ?? new Set();
    this.#requestsOf.set(account, requests.add(request));
    try {
      return await work();
    } finally {
      requests.delete(request);
      if (requests.size === 0) this.#requestsOf.delete(account);
      for (const upload of this.#kept.values()) {
        if (upload.users?.delete(request) && upload.users.size === 0) this.#forget(upload);
      }
    }
  }

  /** Erases what nobody used in time. */
  forgetOld(): void {
    for (const upload of this.#kept.values()) if (this.#isOver(upload)) this.#forget(upload);
  }

  /** Erases everything. */
  async close(): Promise<void> {
    clearInterval(this.#sweep);
    for (const upload of this.#kept.values()) this.#forget(upload);
    for (const upload of this.#arriving) this.#erase(upload);
    this.#arriving.clear();
  }

  #find(account: string, object: string): Upload | undefined {
    const upload = this.#kept.get(nameOf(account, object));
    if (upload === undefined || !this.#isOver(upload)) return upload;
    this.#forget(upload);
    return undefined;
  }

  #isOver = ({ endsAtMs }: Upload): boolean => this.#nowMs() >= endsAtMs;

  #keep(upload: Upload): void {
    // Closed meanwhile.
    if (!this.#arriving.delete(upload)) return;
    const before = this.#kept.get(upload.name);
    if (before !== undefined) this.#forget(before);
    upload.endsAtMs = this.#nowMs() + uploadLifeMs;
    this.#kept.set(upload.name, upload);
  }

  #forget(upload: Upload): void {
    this.#kept.delete(upload.name);
    this.#erase(upload);
  }

  #erase(upload: Upload): void {
    upload.key.fill(0);
    for (const chunk of upload.chunks) chunk.fill(0);
    this.#charge(upload, -upload.bytes);
  }

  /** @throws {Refusal} storageFull; nothing is charged then */
  #charge(upload: Upload, bytes: number): void {
    const { accountBytes, totalBytes } = this.#limits;
    const ofAccount = (this.#bytesOf.get(upload.account) ?? 0) + bytes;
    if (bytes > 0 && ofAccount > accountBytes) {
      throw new Refusal('storageFull', `${accountBytes} bytes for an account`);
    }
    if (bytes > 0 && this.#bytes + bytes > totalBytes) {
      throw new Refusal('storageFull', `${totalBytes} bytes for all accounts`);
    }
    upload.bytes += bytes;
    this.#bytes += bytes;
    if (ofAccount === 0) this.#bytesOf.delete(upload.account);
    else this.#bytesOf.set(upload.account, ofAccount);
  }
}

function unseal({ key, chunks, tag }: Upload): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAuthTag(tag);
  const opened = chunks.map((chunk) => decipher.update(chunk));
  decipher.final();
  const bytes = Buffer.concat(opened);
  for (const part of opened) part.fill(0);
  return bytes;
}
