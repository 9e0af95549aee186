// The fields of requests and answers: what each may hold, and the words that refuse the rest.
import * as z from 'zod';
import { readDay } from './days.ts';
import { Refusal } from './errors.ts';
import { parseJson } from './json.ts';
import {
  maxConsentBytes,
  maxGroupsPerAccount,
  maxIdempotencyKeyLength,
  maxIdLength,
  maxIdsPerRequest,
  maxNameBytes,
  maxNoteBytes,
  maxPersonsPerPage,
} from './limits.ts';

/** What is left out is refused in other words than what is of another type. */
const orRequired = (type: string) => ({
  error: (issue: { readonly input?: unknown }) =>
    issue.input === undefined ? 'is required' : `must be ${type}`,
});

const asId = (text: z.ZodString) =>
  text
    .min(1, 'must not be empty')
    .max(maxIdLength, `must have at most ${maxIdLength} characters`)
    .regex(/^[A-Za-z0-9_-]*$/, 'may hold letters, digits, _ and - only');

/** An id the caller chooses: letters, digits, `_` and `-`. */
const chosenId = asId(z.string(orRequired('a string')));

export const personId = chosenId.describe('Id of a person, chosen by the caller');
export const groupId = chosenId.describe('Id of a group, chosen by the caller');

export const listOf = <Item extends z.ZodType>(item: Item, most: number) =>
  z
    .array(item, orRequired('an array'))
    .min(1, 'must not be empty')
    .max(most, `must have at most ${most} items`);

export const groupIds = listOf(groupId, maxGroupsPerAccount);

/** A face id asked about. Ids that were never given out are skipped, not refused, so any short id passes. */
const askedFaceId = z
  .preprocess(
    (value) => (typeof value === 'bigint' || Number.isSafeInteger(value) ? String(value) : value),
    asId(z.string('must be a string or a whole number')),
  )
  .describe('Id of a face: a string, or the same digits as a number');

export const faceIds = listOf(askedFaceId, maxIdsPerRequest);

/** Chosen by the caller, one for each thing to be done; spares it from being done twice. */
export const idempotencyKey = z
  .string('must be a string')
  .min(1, 'must not be empty')
  .max(maxIdempotencyKeyLength, `must have at most ${maxIdempotencyKeyLength} characters`)
  .regex(/^[\x21-\x7e]*$/, 'may hold printable ASCII without spaces only')
  .describe('Chosen by the caller: the same key answers the same for a day');

export const receiptId = z
  .string(orRequired('a string'))
  .regex(/^[0-9a-f]{32}$/, 'must be 32 hexadecimal digits')
  .describe('Id of a receipt');

/** Each id once, in the order first met. */
export const distinct = <Item>(items: readonly Item[]): Item[] => [...new Set(items)];

/** Half a surrogate pair has no UTF-8: stored, it would come back as another character. */
const isUnicode = (text: string): boolean => !/\p{Surrogate}/u.test(text);

const textOf = (mostBytes: number) =>
  z
    .string('must be a string')
    .refine(isUnicode, 'must be well-formed Unicode')
    .refine((text) => Buffer.byteLength(text) <= mostBytes, `must have at most ${mostBytes} bytes of UTF-8`)
    .meta({ description: `At most ${mostBytes} bytes of UTF-8` });

export const name = textOf(maxNameBytes);
export const note = textOf(maxNoteBytes);

/** Judged where the picture is opened, so that one bad URL does not refuse its neighbours. */
export const pictureUrl = z
  .string(orRequired('a string'))
  .min(1, 'must not be empty')
  .describe('http, https or oss, at most 2048 characters, or a data: URI');

export const pictureUrls = (most: number) => listOf(pictureUrl, most);

export const consentText = z
  .string(orRequired('a string'))
  .min(1, 'must not be empty')
  .refine(isUnicode, 'must be well-formed Unicode')
  .refine(
    (text) => Buffer.byteLength(text) <= maxConsentBytes,
    `must have at most ${maxConsentBytes} bytes of UTF-8`,
  );

/** A day of the calendar, read as its number. */
export const day = z.string(orRequired('a string')).transform((text, context) => {
  const number = readDay(text);
  if (number !== undefined) return number;
  context.addIssue('must be a day such as 2027-01-31');
  return z.NEVER;
});

export const dataId = z.string('must be a string').max(128, 'must have at most 128 characters');
export const bizType = z.string('must be a string').max(128, 'must have at most 128 characters');

export const pageNumber = z.int('must be a whole number').min(1, 'must be at least 1').max(1_000_000_000);
export const pageSize = z
  .int('must be a whole number')
  .min(1, 'must be at least 1')
  .max(maxPersonsPerPage, `must be at most ${maxPersonsPerPage}`);

const clientText = z
  .union([z.string(), z.number()], { error: 'must be a string' })
  .transform(String)
  .optional();

/** Who the caller's end user is. Source: help.aliyun.com/document_detail/53413.html, "ClientInfo". */
export const clientInfo = z.object(
  {
    sdkVersion: clientText,
    cfgVersion: clientText,
    userType: clientText,
    userId: clientText,
    userNick: clientText,
    avatar: clientText,
    imei: clientText,
    imsi: clientText,
    umid: clientText,
    ip: clientText,
    os: clientText,
    channel: clientText,
    hostAppName: clientText,
    hostPackage: clientText,
    hostVersion: clientText,
  },
  { error: 'must be a JSON object' },
);
export type ClientInfo = z.infer<typeof clientInfo>;

/**
 * Reads `clientInfo` (the documentation's spelling) or `ClientInfo` (the SDKs'); absent and empty mean none.
 * @throws {Refusal} badRequest, naming what was wrong
 */
export function readClientInfo(query: readonly (readonly [key: string, value: string])[]): ClientInfo {
  const given = query.filter(([key, value]) => /^[cC]lientInfo$/.test(key) && value !== '');
  if (given.length > 1) throw new Refusal('badRequest', 'clientInfo: given more than once');
  const text = given[0]?.[1];
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    throw new Refusal('badRequest', 'clientInfo: must be a JSON object');
  }
  return readFields(clientInfo, value, 'clientInfo');
}

/**
 * Checks a value against a schema.
 * @throws {Refusal} badRequest whose detail names the first field at fault and what is wrong with it
 */
export function readFields<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  within = '',
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const field = issue.path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    within,
  );
  throw new Refusal('badRequest', field === '' ? `body: ${issue.message}` : `${field}: ${issue.message}`);
}
