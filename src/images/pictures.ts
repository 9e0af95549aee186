// Opens a picture by its address: fetched or taken out of the address itself, then decoded.
import type { PictureSource } from '../gallery/ports.ts';
import { Refusal } from '../wire/errors.ts';
import { maxUrlLength } from '../wire/limits.ts';
import { allowAddresses, type ResolveName } from './addresses.ts';
import { cutOutFace } from './crop.ts';
import { readDataUrl } from './data-url.ts';
import { decodePicture, mediaTypeOf } from './decode.ts';
import { type FetchRules, fetchBytes, isFetchable } from './fetch.ts';

export interface PictureSettings {
  /** Ranges that may be fetched from though they are not public, such as `10.0.0.0/8`. */
  readonly allowFetchFrom?: readonly string[];
  /** How long one picture may take to arrive, ms; 3,000 where not given. */
  readonly timeoutMs?: number;
  readonly resolve?: ResolveName;
}

/** Of the face's size, on each side: hair and chin are in the picture, neighbours seldom. */
const cutOutMargin = 0.5;

/**
 * Makes the source of pictures.
 * @throws {Error} where a range of `allowFetchFrom` is not one
 */
export function openPictureSource(settings: PictureSettings = {}): PictureSource {
  const { allowFetchFrom, ...given } = settings;
  const rules: FetchRules = { ...given, isAllowed: allowAddresses(allowFetchFrom) };
  return {
    open: async (url) => decodePicture(await readBytes(url, rules)),
    async openWithBytes(url) {
      const bytes = await readBytes(url, rules);
      return { picture: await decodePicture(bytes), bytes };
    },
    cutOut: async (bytes, face) => cutOutFace(await decodePicture(bytes), face, cutOutMargin),
    mediaTypeOf,
  };
}

async function readBytes(text: string, rules: FetchRules): Promise<Uint8Array> {
  if (/^data:/i.test(text)) return readDataUrl(text);
  if (text.length > maxUrlLength) {
    throw new Refusal('badRequest', `the URL of the picture has more than ${maxUrlLength} characters`);
  }
  if (/^oss:/i.test(text)) throw new Refusal('permissionDenied', 'oss:// addresses are not available here');
  if (!URL.canParse(text)) throw new Refusal('badRequest', 'the URL of the picture is not a URL');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    throw new Refusal('badRequest', 'the URL of the picture must not hold a user name or password');
  }
  if (!isFetchable(url)) {
    throw new Refusal('badRequest', 'the URL of the picture must begin with http:, https: or data:');
  }
  return fetchBytes(url, rules);
}
