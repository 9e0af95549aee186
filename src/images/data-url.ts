// Reads the bytes out of a data: URL (RFC 2397), base64 or percent-encoded.
import { Refusal } from '../wire/errors.ts';
import { checkByteLength } from './size.ts';

/**
 * The bytes of a data: URL. Its media type is ignored: the content says what it is.
 * Read here and not by a URL parser, which would copy tens of megabytes several times.
 * @throws {Refusal} badRequest where it is not well-formed, pictureTooLarge over 20 MB
 */
export function readDataUrl(url: string): Buffer {
  const comma = url.indexOf(',');
  if (comma === -1) throw new Refusal('badRequest', 'the data: URL of the picture has no comma');
  const fragment = url.indexOf('#', comma);
  const text = url.slice(comma + 1, fragment === -1 ? undefined : fragment);
  const isBase64 = /; *base64$/i.test(url.slice(0, comma));
  // No byte takes more than four characters: three of an escape, or an escaped base64 digit and a third.
  checkByteLength(text.length / 4);
  const plain = decodePercent(text);
  const bytes = isBase64 ? decodeBase64(plain.toString('latin1')) : plain;
  checkByteLength(bytes.length);
  return bytes;
}

function decodePercent(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (!text.includes('%')) return bytes;
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const value = bytes[i] === 0x25 ? hexDigit(bytes[i + 1]) * 16 + hexDigit(bytes[i + 2]) : Number.NaN;
    bytes[length++] = Number.isNaN(value) ? bytes[i]! : value;
    if (!Number.isNaN(value)) i += 2;
  }
  return bytes.subarray(0, length);
}

/** By arithmetic, since a request may hold millions. Not a number where it is no digit. */
function hexDigit(code = 0): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : Number.NaN;
}

function decodeBase64(text: string): Buffer {
  const digits = text.replace(/[\t\n\f\r ]+/g, '').replace(/={1,2}$/, '');
  const bytes = Buffer.from(digits, 'base64');
  // Node skips what is no digit, so a shorter result tells that there was something else; 1 of 4 digits is no byte.
  if (digits.length % 4 === 1 || bytes.length !== Math.floor((digits.length * 3) / 4)) {
    throw new Refusal('badRequest', 'the data: URL of the picture is not valid base64');
  }
  return bytes;
}
