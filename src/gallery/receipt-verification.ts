// How anyone checks receipts offline: one by its form and its signature, a chain from its first to its last.
import { type KeyObject, verify } from 'node:crypto';
import {
  type ChainHead,
  emptyChain,
  fingerprintOf,
  headAfter,
  idBytes,
  type Receipt,
  signedBytes,
} from './receipts.ts';

/**
 * Checks one receipt by itself: its form and its signature. That it stands in a chain, `verifyChain` shows.
 * @param value what a file or an answer held, parsed
 * @throws {Error} that says what is wrong with it
 */
export function verifyReceipt(value: unknown, publicKey: KeyObject): Receipt {
  const receipt = readReceipt(value);
  if (receipt.key !== fingerprintOf(publicKey)) {
    throw new Error(`it was signed with another key (${receipt.key}), or its key was changed`);
  }
  const { signature, ...unsigned } = receipt;
  if (!verify(null, signedBytes(unsigned), publicKey, Buffer.from(signature, 'hex'))) {
    throw new Error('its signature does not match: it was changed, or signed by somebody else');
  }
  return receipt;
}

/**
 * Checks a whole chain from its first receipt on. A changed, missing, added or reordered receipt fails. Cut off at its
 * end, or restored to an older state, a chain still looks whole: only a head remembered from before shows that.
 * @param remembered a head given out earlier, which the chain must contain
 * @returns the head, to be remembered
 * @throws {Error} that names the first receipt at fault
 */
export function verifyChain(
  values: Iterable<unknown>,
  publicKey: KeyObject,
  remembered: ChainHead = emptyChain,
): ChainHead {
  let head = emptyChain;
  let isRemembered = remembered.sequence === 0;
  for (const value of values) {
    const place = `receipt ${head.sequence + 1} of the chain`;
    const receipt = within(place, () => verifyReceipt(value, publicKey));
    if (receipt.sequence !== head.sequence + 1) {
      throw new Error(
        `${place}: its sequence is ${receipt.sequence}: receipts were removed, added or reordered`,
      );
    }
    if (receipt.previous !== head.hash) {
      throw new Error(`${place}: it does not follow the receipt before it`);
    }
    head = headAfter(receipt);
    if (head.sequence === remembered.sequence) isRemembered = head.hash === remembered.hash;
  }
  if (!isRemembered) {
    throw new Error(
      `the chain does not contain the remembered head ${remembered.sequence}:${remembered.hash}: it was cut off or replaced`,
    );
  }
  return head;
}

function within<Value>(place: string, check: () => Value): Value {
  try {
    return check();
  } catch (error) {
    throw new Error(`${place}: ${(error as Error).message}`, { cause: error });
  }
}

type Check = (value: unknown) => boolean;
// One spelling only, so that no second text of the same receipt verifies.
const hex =
  (digits: number): Check =>
  (value) =>
    typeof value === 'string' && value.length === digits && /^[0-9a-f]*$/.test(value);
const isTime: Check = (value) =>
  typeof value === 'string' &&
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) &&
  !Number.isNaN(Date.parse(value));
const isText: Check = (value) => typeof value === 'string';
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const oneOf =
  (...texts: string[]): Check =>
  (value) =>
    texts.includes(value as string);
const exactly =
  (checks: Record<string, Check>): Check =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).length === Object.keys(checks).length &&
    Object.entries(checks).every(
      ([name, check]) => Object.hasOwn(value, name) && check(value[name as never]),
    );

const fields: { readonly [Name in keyof Receipt]: Check } = {
  version: (value) => value === 1,
  id: hex(2 * idBytes),
  sequence: (value) => isCount(value) && value !== 0,
  begunAt: isTime,
  finishedAt: isTime,
  class: oneOf('faces', 'person', 'sweep'),
  deleted: exactly({ faces: isCount, persons: isCount, photographs: isCount }),
  cause: oneOf('request', 'retention', 'restore'),
  technique: isText,
  checks: exactly({ keySlotsReadZero: isCount, recordSlotsReadZero: isCount }),
  media: isText,
  faces: (value) => Array.isArray(value) && value.every(hex(64)),
  previous: hex(64),
  key: hex(64),
  signature: hex(128),
};

function readReceipt(value: unknown): Receipt {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('it is no receipt');
  const given = value as Record<string, unknown>;
  for (const [name, check] of Object.entries(fields)) {
    if (!Object.hasOwn(given, name)) throw new Error(`it has no ${name}`);
    if (!check(given[name])) throw new Error(`its ${name} is not what a receipt holds`);
  }
  const stranger = Object.keys(given).find((name) => !Object.hasOwn(fields, name));
  if (stranger !== undefined) throw new Error(`it has a field ${stranger}, which no receipt has`);
  return value as Receipt;
}
