// A random history of a library, in which every way in and out is taken, and the bytes of whatever is gone are kept.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { readFolder } from '../store/library-folder.ts';
import { bytesBetween, photographsBetween } from '../store/residue.ts';

/** The ways in and out of a library, over the wire or straight at the store. */
export interface Ways {
  addPerson(personId: string, name: string, note: string, groupIds: string[]): Promise<void>;
  setPerson(personId: string, name: string): Promise<void>;
  deletePerson(personId: string): Promise<void>;
  /** Enrols that many faces or fewer. */
  addFaces(personId: string, count: number): Promise<readonly EnrolledFace[]>;
  deleteFaces(personId: string, faceIds: string[]): Promise<void>;
  addGroups(personId: string, groupIds: string[]): Promise<void>;
  deleteGroups(personId: string, groupIds: string[]): Promise<void>;
  recordConsent(personId: string, reference: string): Promise<void>;
  /** The person's consent is over, and retention takes what stood on it. */
  endConsent(personId: string): Promise<void>;
}

export interface EnrolledFace {
  readonly faceId: string;
  /** In clear, where it is known. */
  readonly template?: Buffer;
  /** Likewise, where one was kept. */
  readonly photograph?: Buffer;
}

interface KnownFace {
  readonly sealed: readonly Buffer[];
  /** Sealed, where one was kept. */
  readonly photograph: Buffer | undefined;
  /** Its id as it could be written, and its template in clear. */
  readonly inClear: Buffer[];
  readonly hash: Buffer;
}

interface KnownPerson {
  readonly lasting: readonly Buffer[];
  /** The name and the sealed profile, which change. */
  changing: readonly Buffer[];
  readonly hash: Buffer;
  readonly groupIds: Set<string>;
  readonly faceIds: Set<string>;
}

export const account = 'default';
const draw = (count: number): number => Math.floor(Math.random() * count);
const token = (): string => randomBytes(10).toString('hex');

export class History {
  ways: Ways;
  readonly #folder: string;
  readonly #persons = new Map<string, KnownPerson>();
  readonly #faces = new Map<string, KnownFace>();
  /** Sealed bytes, templates, texts and ids of all that is gone. */
  readonly gone: Buffer[] = [];
  /** Hashes under the library's key, by which the rows of what is gone were found. */
  readonly goneHashes: Buffer[] = [];
  facesEnrolled = 0;
  facesDeleted = 0;
  photographsKept = 0;
  personsDeleted = 0;
  readonly taken: Record<string, number> = {};

  constructor(folder: string, ways: Ways) {
    this.#folder = folder;
    this.ways = ways;
  }

  /** What stands in the files of each face that lives: key, record, keyed hash. */
  get live(): Buffer[][] {
    return [...this.#faces.values()].map(({ sealed, hash }) => [...sealed, hash]);
  }

  /** What stands in the files of each photograph of a face that lives. */
  get livePhotographs(): Buffer[] {
    return [...this.#faces.values()].flatMap(({ photograph }) => photograph ?? []);
  }

  /** Adds what else is known of a live face, such as its template in clear. */
  know(faceId: string, bytes: Buffer): void {
    this.#faces.get(faceId)?.inClear.push(bytes);
  }

  /** Enrols at random until so many faces have been enrolled in all. */
  async enrolUntil(faces: number): Promise<void> {
    while (this.facesEnrolled < faces) {
      const choice = Math.random();
      if (this.#persons.size < 3 || choice < 0.12) await this.#addPerson();
      else if (choice < 0.65) await this.#addFaces(Math.min(1 + draw(6), faces - this.facesEnrolled));
      else await this.#change();
    }
  }

  /** Deletes at random until so many faces are gone in all. */
  async deleteUntil(faces: number): Promise<void> {
    while (this.facesDeleted < faces) await this.#deleteUpTo(faces - this.facesDeleted);
  }

  /** Enrols and deletes, interleaved, until both numbers are reached. */
  async interleaveUntil(enrolled: number, deleted: number): Promise<void> {
    while (this.facesEnrolled < enrolled) {
      await this.enrolUntil(Math.min(enrolled, this.facesEnrolled + 1 + draw(20)));
      const share = Math.floor((deleted * this.facesEnrolled) / enrolled);
      while (this.facesDeleted < share) await this.#deleteUpTo(share - this.facesDeleted);
    }
    await this.deleteUntil(deleted);
  }

  async #change(): Promise<void> {
    const [personId, person] = this.#anyPerson();
    const choice = draw(3);
    if (choice === 0) {
      await this.#count('name update', async () => {
        const name = `name ${token()}`;
        const sealed = await this.#sealedBy(() => this.ways.setPerson(personId, name));
        this.gone.push(...person.changing);
        person.changing = [Buffer.from(name), ...sealed];
      });
    } else if (choice === 1) {
      const groupIds = [`shared-group-${draw(5)}`, `own-group-${token().slice(0, 12)}`];
      await this.#count('group joined', () => this.ways.addGroups(personId, groupIds));
      for (const groupId of groupIds) person.groupIds.add(groupId);
    } else {
      const own = [...person.groupIds].find((groupId) => groupId.startsWith('own-'));
      if (own === undefined) return;
      await this.#count('group left', () => this.ways.deleteGroups(personId, [own]));
      person.groupIds.delete(own);
      this.gone.push(Buffer.from(own));
    }
  }

  async #addPerson(): Promise<void> {
    const personId = `person-${token()}`;
    const [name, note] = [`name ${token()}`, `note ${token()}`];
    const groupIds = [`shared-group-${draw(5)}`];
    await this.#count('person added', async () => {
      const sealed = await this.#sealedBy(() => this.ways.addPerson(personId, name, note, groupIds));
      const [hash] = this.#readHashes('persons', sealed);
      this.#persons.set(personId, {
        lasting: [Buffer.from(personId), Buffer.from(note)],
        changing: [Buffer.from(name), ...sealed],
        hash: hash!,
        groupIds: new Set(groupIds),
        faceIds: new Set(),
      });
    });
  }

  async #addFaces(count: number): Promise<void> {
    const [personId, person] = this.#anyPerson();
    if (person.faceIds.size + count > 20) return;
    await this.#count('faces added', async () => {
      const before = await readFolder(this.#folder);
      const faces = await this.ways.addFaces(personId, count);
      const after = await readFolder(this.#folder);
      const sealed = bytesBetween(before, after);
      const photographs = photographsBetween(before, after);
      if (photographs.length > 0) assert.equal(photographs.length, faces.length);
      this.photographsKept += photographs.length;
      const hashes = this.#readHashes('faces', sealed);
      // Slots are taken in rising order: first all keys stand here, then all records.
      for (const [i, { faceId, template = [], photograph = [] }] of faces.entries()) {
        this.#faces.set(faceId, {
          sealed: [sealed[i]!, sealed[faces.length + i]!],
          photograph: photographs[i],
          inClear: [...writingsOf(faceId), ...[template, photograph].flat()],
          hash: hashes[i]!,
        });
        person.faceIds.add(faceId);
      }
      this.facesEnrolled += faces.length;
    });
  }

  async #deleteUpTo(most: number): Promise<void> {
    const [personId, person] = this.#anyPerson();
    if (person.faceIds.size <= most && Math.random() < 0.2) return this.#deletePerson(personId, person);
    const faceIds = [...person.faceIds].slice(0, Math.min(most, 1 + draw(4)));
    if (faceIds.length === 0) return;
    await this.#count('faces deleted', () => this.ways.deleteFaces(personId, faceIds));
    this.#forget(person, faceIds);
  }

  async #deletePerson(personId: string, person: KnownPerson): Promise<void> {
    if (Math.random() < 0.5) await this.#count('person deleted', () => this.ways.deletePerson(personId));
    else {
      const reference = `consent ${token()}`;
      // The profile holds it, and is sealed anew.
      const sealed = await this.#sealedBy(() => this.ways.recordConsent(personId, reference));
      this.gone.push(Buffer.from(reference), ...sealed);
      await this.#count('consent ended', () => this.ways.endConsent(personId));
    }
    this.#forget(person, person.faceIds);
    this.gone.push(...person.lasting, ...person.changing);
    this.goneHashes.push(person.hash);
    this.#persons.delete(personId);
    this.personsDeleted += 1;
  }

  #forget(person: KnownPerson, faceIds: Iterable<string>): void {
    for (const faceId of [...faceIds]) {
      const { sealed, photograph = [], inClear, hash } = this.#faces.get(faceId)!;
      this.gone.push(...sealed, ...[photograph].flat(), ...inClear);
      this.goneHashes.push(hash);
      this.#faces.delete(faceId);
      person.faceIds.delete(faceId);
      this.facesDeleted += 1;
    }
  }

  #anyPerson(): [string, KnownPerson] {
    return [...this.#persons][draw(this.#persons.size)]!;
  }

  async #count(what: string, work: () => Promise<void>): Promise<void> {
    await work();
    this.taken[what] = (this.taken[what] ?? 0) + 1;
  }

  #slotFiles(): Map<string, Buffer> {
    return new Map(
      ['keys.bin', 'templates.bin'].map((name) => [name, readFileSync(join(this.#folder, name))]),
    );
  }

  /** What a piece of work put into the slots: keys, then records. */
  async #sealedBy(work: () => Promise<void>): Promise<Buffer[]> {
    const before = this.#slotFiles();
    await work();
    return bytesBetween(before, this.#slotFiles()).map((bytes) => Buffer.from(bytes));
  }

  /** The keyed hashes of the newest rows, as many as records were sealed, in the order of their slots. */
  #readHashes(table: 'persons' | 'faces', sealed: readonly Buffer[]): Buffer[] {
    const reader = new Database(join(this.#folder, 'library.db'), { readonly: true });
    try {
      const newest = reader
        .prepare<[number], { slot: number; lookup: Buffer }>(
          `SELECT slot, lookup FROM ${table} ORDER BY rowid DESC LIMIT ?`,
        )
        .all(sealed.length / 2);
      return newest.toSorted((a, b) => a.slot - b.slot).map(({ lookup }) => lookup);
    } finally {
      reader.close();
    }
  }
}

/** A face's id as it could stand somewhere: in decimal, as an integer of 8 bytes either way round, as a double. */
function writingsOf(faceId: string): Buffer[] {
  const [little, big, double] = [Buffer.alloc(8), Buffer.alloc(8), Buffer.alloc(8)];
  little.writeBigUInt64LE(BigInt(faceId));
  big.writeBigUInt64BE(BigInt(faceId));
  double.writeDoubleLE(Number(faceId));
  return [Buffer.from(faceId), little, big, double];
}
