// A request as it stood on the wire, and the strict readers of its target and headers.
import { Refusal } from './errors.ts';

export interface WireRequest {
  readonly method: string;
  /** The request-target as sent: path and query, still percent-encoded. */
  readonly target: string;
  /** Name, value, name, value, … as received, duplicates included. */
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
}

export type QueryPair = readonly [key: string, value: string];

/** A path in printable ASCII with an optional query: the origin form of RFC 9112, section 3.2.1, and no other. */
const originForm = /^(\/[\x21\x22\x24-\x3e\x40-\x7e]*)(?:\?([\x21\x22\x24-\x7e]*))?$/;

/**
 * Splits the target into its path and its query, decoding and normalising neither: `/a/../b` stays as it is.
 * @returns the query without its question mark, empty when there is none
 * @throws {Refusal} malformedRequest for an absolute form, a fragment, or anything outside printable ASCII
 */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const [, path, query = ''] = originForm.exec(target) ?? [];
  if (path === undefined) throw new Refusal('malformedRequest', 'the target must be a path in ASCII');
  return { path, query };
}

/**
 * Decodes a query into its pairs, in the order sent; `+` is a space, a key without `=` has an empty value.
 * @throws {Refusal} malformedRequest where the percent-encoding is broken or holds no UTF-8
 */
export function decodeQuery(query: string): readonly QueryPair[] {
  return query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const end = part.indexOf('=');
      return end < 0 ? [decode(part), ''] : [decode(part.slice(0, end)), decode(part.slice(end + 1))];
    });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new Refusal('malformedRequest', 'the query must be percent-encoded UTF-8');
  }
}

/** Percent-encodes everything but letters, digits, `-`, `.`, `_` and `~` (RFC 3986). */
export const encodeStrictly = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/**
 * The value of a header, its name given in lower case; undefined when it was not sent. Outer blanks are cut and a tab
 * counts as a space: pop-core signs values so, and one reading everywhere means that a changed blank changes nothing.
 * @throws {Refusal} malformedRequest when it was sent twice, or holds anything but printable ASCII
 */
export function headerOf(request: WireRequest, name: string): string | undefined {
  return headersOf(request, [name])[0];
}

/** As `headerOf`, for many names in one pass: a sender chooses how many there are. */
export function headersOf(request: WireRequest, names: readonly string[]): (string | undefined)[] {
  const present = valuesByName(request);
  return names.map((name) => onlyValue(name, present.get(name) ?? []));
}

/**
 * A header that must be there. The gateway names a missing one after its parameter: `x-acs-version` is `MissingVersion`.
 * @throws {Refusal} missingHeader, or as `headerOf`
 */
export function requireHeader(request: WireRequest, name: string): string {
  const value = headerOf(request, name);
  if (value !== undefined) return value;
  const parameter = name
    .replace(/^x-acs-/, '')
    .replaceAll(/(?:^|-)([a-z])/g, (_, letter) => letter.toUpperCase());
  throw new Refusal('missingHeader', parameter);
}

/**
 * The `x-acs-` headers, names in lower case, sorted by name.
 * @throws {Refusal} malformedRequest as `headerOf`
 */
export const acsHeaders = (request: WireRequest): readonly (readonly [name: string, value: string])[] =>
  headersNamed(request, (name) => name.startsWith('x-acs-'));

/**
 * The headers whose names, in lower case, are wanted, sorted by name.
 * @throws {Refusal} malformedRequest as `headerOf`
 */
export function headersNamed(
  request: WireRequest,
  isWanted: (name: string) => boolean,
): readonly (readonly [name: string, value: string])[] {
  return [...valuesByName(request)]
    .filter(([name]) => isWanted(name))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, values]) => [name, onlyValue(name, values) ?? '']);
}

function valuesByName({ rawHeaders }: WireRequest): ReadonlyMap<string, readonly string[]> {
  const present = new Map<string, string[]>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase();
    // A token, RFC 9110 section 5.6.2: a name with a colon or a line end could pose as two lines of a signature.
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) {
      throw new Refusal('malformedRequest', 'a header has no proper name');
    }
    const values = present.get(name);
    if (values === undefined) present.set(name, [rawHeaders[at + 1]!]);
    else values.push(rawHeaders[at + 1]!);
  }
  return present;
}

function onlyValue(name: string, values: readonly string[]): string | undefined {
  if (values.length > 1) throw new Refusal('malformedRequest', `header ${name} is given more than once`);
  const value = values[0]?.replaceAll('\t', ' ');
  if (value !== undefined && !/^[\x20-\x7e]*$/.test(value)) {
    throw new Refusal('malformedRequest', `header ${name} must be in ASCII`);
  }
  return value?.trim();
}
