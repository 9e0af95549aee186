// Changes one byte of what a request's signature covers.
import fc from 'fast-check';
import { decodeQuery, type WireRequest } from '../../src/wire/request.ts';

/** A place in a request, and what to put there. */
export interface Change {
  readonly part: 'method' | 'target' | 'header' | 'name' | 'body' | 'cut' | 'grow';
  /** Which header, and where in the part: taken modulo what there is. */
  readonly header: number;
  readonly at: number;
  /** Added to the byte, modulo what may stand there. */
  readonly by: number;
}

export const change: fc.Arbitrary<Change> = fc.record({
  part: fc.constantFrom('method', 'target', 'header', 'header', 'name', 'body', 'cut', 'grow'),
  header: fc.nat(1_000),
  at: fc.nat(100_000),
  by: fc.integer({ min: 1, max: 92 }),
});

/** Another printable byte in the place of one. */
function shift(text: string, at: number, by: number): string {
  const place = at % text.length;
  const code = 0x21 + ((text.charCodeAt(place) - 0x21 + by + 94) % 94);
  return text.slice(0, place) + String.fromCharCode(code) + text.slice(place + 1);
}

const headerValue = ({ rawHeaders }: WireRequest, name: string): string => {
  const at = rawHeaders.findIndex((one, i) => i % 2 === 0 && one.toLowerCase() === name);
  return at < 0 ? '' : rawHeaders[at + 1]!;
};

/** Where the names of signed headers stand in `rawHeaders`; `authorization` is among them. */
function signedHeaders(request: WireRequest): number[] {
  const authorization = headerValue(request, 'authorization');
  const listed = /SignedHeaders=([^,]*)/.exec(authorization)?.[1]?.split(';');
  const names = listed ?? ['accept', 'content-md5', 'content-type', 'date'];
  return request.rawHeaders.flatMap((name, i) => {
    const lower = name.toLowerCase();
    const isSigned = names.includes(lower) || lower.startsWith('x-acs-') || lower === 'authorization';
    return i % 2 === 0 && isSigned ? [i] : [];
  });
}

const isBodySigned = (request: WireRequest): boolean =>
  ['content-md5', 'x-acs-content-sha256'].some((name) => headerValue(request, name) !== '');

const withValue = (request: WireRequest, at: number, value: string): WireRequest => ({
  ...request,
  rawHeaders: request.rawHeaders.map((one, i) => (i === at ? value : one)),
});

/** The request with the change made; undefined where it would change nothing that is signed. */
export function alter(request: WireRequest, { part, header, at, by }: Change): WireRequest | undefined {
  const { method, target, rawHeaders, body } = request;
  const signed = signedHeaders(request);
  const chosen = signed[header % signed.length]!;
  switch (part) {
    case 'method':
      return { ...request, method: shift(method, at, by) };
    case 'target':
      return isSameTarget(target, shift(target, at, by))
        ? undefined
        : { ...request, target: shift(target, at, by) };
    case 'header':
      return rawHeaders[chosen + 1] === ''
        ? undefined
        : withValue(request, chosen + 1, shift(rawHeaders[chosen + 1]!, at, by));
    case 'name':
      return withoutCase(rawHeaders[chosen]!, shift(rawHeaders[chosen]!, at, by))
        ? undefined
        : withValue(request, chosen, shift(rawHeaders[chosen]!, at, by));
    default:
      return isBodySigned(request) ? { ...request, body: alterBody(body, part, at, by) } : undefined;
  }
}

const withoutCase = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** `%2a` and `%2A` are one byte, and so are an empty value with and without its `=`. */
function isSameTarget(one: string, other: string): boolean {
  const read = (target: string) => {
    const [path, ...query] = target.split('?');
    return JSON.stringify([path, decodeQuery(query.join('?'))]);
  };
  try {
    return read(one) === read(other);
  } catch {
    return false;
  }
}

function alterBody(body: Uint8Array, part: Change['part'], at: number, by: number): Uint8Array {
  if (part === 'grow') return Buffer.concat([body, Buffer.from([by])]);
  if (part === 'cut') return body.subarray(0, at % body.length);
  const changed = Buffer.from(body);
  changed[at % changed.length]! ^= by;
  return changed;
}
