// The two records a slot can hold, a face or a person's profile, laid out in the same fixed number of bytes.
import { endianness } from 'node:os';
import type { Consent, PersonProfile, Template } from '../gallery/ports.ts';
import { maxConsentBytes, maxIdLength, maxNameBytes, maxNoteBytes } from '../wire/limits.ts';

/** Numbers of a template: the widest model we know makes 512 (fp32). */
const maxDimensions = 512;
/** UTF-8 bytes of a model's id. */
const maxModelIdBytes = 64;

/** A face's fields and its template, rounded up so that a sealed record fills a slot of 17 x 128 bytes. */
export const recordBytes = 2148;

const faceTag = 1;
const profileTag = 2;

const faceIdAt = 1;
const addedAtAt = 9;
const dimensionsAt = 17;
const modelIdAt = 19;
const templateAt = 100;

/** A record in clear, and a face's photograph where one is kept, to be sealed for the owner with this lookup. */
export interface UnsealedRecord {
  readonly lookup: Buffer;
  readonly plaintext: Buffer;
  readonly photograph?: Uint8Array | undefined;
}

export interface FaceRecord {
  readonly faceId: string;
  readonly modelId: string;
  readonly addedAtMs: number;
  readonly template: Template;
}

/**
 * @param record memory that reads zero, which is answered
 * @throws {RangeError} when a part does not fit its place
 */
export function encodeFace({ faceId, modelId, addedAtMs, template }: FaceRecord, record: Buffer): Buffer {
  if (template.length < 1 || template.length > maxDimensions) {
    throw new RangeError(`a template has 1 to ${maxDimensions} numbers, not ${template.length}`);
  }
  if (!hasFiniteNumbers(template)) throw new RangeError('a template holds finite numbers only');
  record.writeUInt8(faceTag, 0);
  record.writeBigUInt64LE(BigInt(faceId), faceIdAt);
  record.writeDoubleLE(addedAtMs, addedAtAt);
  record.writeUInt16LE(template.length, dimensionsAt);
  writeText(record, modelIdAt, modelId, maxModelIdBytes, 'a model id');
  const bytes = Buffer.from(template.buffer, template.byteOffset, template.byteLength);
  bytes.copy(record, templateAt);
  if (endianness() === 'BE') record.subarray(templateAt, templateAt + bytes.length).swap32();
  return record;
}

// Zero times a number is zero where that is finite, and else not a number: added up sooner than each is asked.
function hasFiniteNumbers(template: Template): boolean {
  let sum = 0;
  for (let i = 0; i < template.length; i++) sum += template[i]! * 0;
  return sum === 0;
}

/** A face's id, which a number holds whole: made sooner than a bigint. */
export const faceNumberOf = (record: Buffer): number =>
  record.readUInt32LE(faceIdAt) + record.readUInt32LE(faceIdAt + 4) * 0x1_0000_0000;

/** The id alone: spares a reading of the template. */
export const faceIdOf = (record: Buffer): string => String(faceNumberOf(record));

/** Which model has made a template, and of how many numbers. */
export interface TemplateKind {
  readonly modelId: string;
  readonly dimensions: number;
  /** As they stand in every face's record of this kind. */
  readonly bytes: Buffer;
}

/** @throws {Error} when the record is no face's */
export function templateKindOf(record: Buffer): TemplateKind {
  if (record[0] !== faceTag) throw new Error('the record is no face');
  return {
    modelId: readText(record, modelIdAt).text,
    dimensions: record.readUInt16LE(dimensionsAt),
    bytes: Buffer.from(record.subarray(dimensionsAt, templateAt)),
  };
}

/** Sooner than reading the record's own kind. */
export const isOfKind = (record: Buffer, { bytes }: TemplateKind): boolean =>
  record[0] === faceTag && record.compare(bytes, 0, bytes.length, dimensionsAt, templateAt) === 0;

/** Copies a face's template, in the machine's order of bytes. */
export function copyTemplate(
  record: Buffer,
  into: Uint8Array,
  at: number,
  { dimensions }: TemplateKind,
): void {
  const bytes = record.subarray(templateAt, templateAt + dimensions * 4);
  if (endianness() === 'BE') bytes.swap32();
  into.set(bytes, at);
}

/** What a consent says in words; its end is a day in the person's row. */
export type ConsentWords = Omit<Consent, 'endDay'>;

/** @throws {RangeError} when a text does not fit its place */
export function encodeProfile({ personId, name, note }: PersonProfile, consent?: ConsentWords): Buffer {
  const record = Buffer.alloc(recordBytes);
  record.writeUInt8(profileTag, 0);
  let at = writeText(record, 1, personId, maxIdLength, 'a personId');
  at = writeText(record, at, name, maxNameBytes, 'a name');
  at = writeText(record, at, note, maxNoteBytes, 'a note');
  at = writeText(record, at, consent?.reference, maxConsentBytes, 'a reference');
  at = writeText(record, at, consent?.purpose, maxConsentBytes, 'a purpose');
  writeText(record, at, consent?.basis, maxConsentBytes, 'a basis');
  return record;
}

/** Undefined where none was recorded. */
export function decodeConsent(record: Buffer): ConsentWords | undefined {
  const note = readText(record, readText(record, readText(record, 1).end).end);
  const reference = readText(record, note.end);
  const purpose = readText(record, reference.end);
  const basis = readText(record, purpose.end);
  return reference.isGiven
    ? { reference: reference.text, purpose: purpose.text, basis: basis.text }
    : undefined;
}

/** @throws {Error} when the record is no profile */
export function decodeProfile(record: Buffer, at = 0): PersonProfile {
  if (record[at] !== profileTag) throw new Error('the record is no profile');
  const personId = readText(record, at + 1);
  const name = readText(record, personId.end);
  const note = readText(record, name.end);
  return {
    personId: personId.text,
    ...(name.isGiven ? { name: name.text } : {}),
    ...(note.isGiven ? { note: note.text } : {}),
  };
}

// Length plus one in two bytes, so that 0 says "not given" apart from the empty text.
function writeText(
  record: Buffer,
  at: number,
  text: string | undefined,
  mostBytes: number,
  what: string,
): number {
  if (text === undefined) return at + 2;
  const length = Buffer.byteLength(text);
  if (length > mostBytes) throw new RangeError(`${what} has at most ${mostBytes} bytes of UTF-8`);
  record.writeUInt16LE(length + 1, at);
  record.write(text, at + 2);
  return at + 2 + length;
}

function readText(record: Buffer, at: number): { isGiven: boolean; text: string; end: number } {
  const length = record.readUInt16LE(at) - 1;
  if (length < 0) return { isGiven: false, text: '', end: at + 2 };
  const end = at + 2 + length;
  return { isGiven: true, text: record.toString('utf8', at + 2, end), end };
}
