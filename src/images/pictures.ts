// Opens a picture by its address: fetched or taken out of the address itself, then decoded.
import type { PictureSource, UploadStore } from '../gallery/ports.ts';
import { Refusal } from '../wire/errors.ts';
import { maxUrlLength } from '../wire/limits.ts';
import { readOssUrl, uploadBucket } from '../wire/oss-address.ts';
import { allowAddresses, type ResolveName } from './addresses.ts';
import { cutOutFace } from './crop.ts';
import { readDataUrl } from './data-url.ts';
import { decodePicture, mediaTypeOf, openPicture } from './decode.ts';
import { type FetchRules, fetchBytes, isFetchable } from './fetch.ts';

export interface PictureSettings {
  /** Ranges that may be fetched from though they are not public, such as `10.0.0.0/8`. */
  readonly allowFetchFrom?: readonly string[];
  /** How long one picture may take to arrive, ms; 3,000 where not given. */
  readonly timeoutMs?: number;
  readonly resolve?: ResolveName;
  /** Where oss:// addresses lead; nowhere when left out. */
  readonly uploads?: UploadStore;
}

/** Of the face's size, on each side: hair and chin are in the picture, neighbours seldom. */
const cutOutMargin = 0.5;

/**
 * Makes the source of pictures.
 * @throws {Error} where a range of `allowFetchFrom` is not one
 */
export function openPictureSource(settings: PictureSettings = {}): PictureSource {
  const { allowFetchFrom, uploads, ...given } = settings;
  const rules: FetchRules = { ...given, isAllowed: allowAddresses(allowFetchFrom) };
  const read = async (url: string, account: string): Promise<Uint8Array> =>
    isOssUrl(url) ? openUpload(url, account, uploads) : readBytes(url, rules);
  return {
    open: async (url, account) => openPicture(await read(url, account)),
    async openWithBytes(url, account) {
      const bytes = await read(url, account);
      return { picture: await openPicture(new Uint8Array(bytes)), bytes };
    },
    cutOut: async (bytes, face) => cutOutFace(await decodePicture(bytes), face, cutOutMargin),
    mediaTypeOf,
    during: (account, work) => (uploads === undefined ? work() : uploads.during(account, work)),
  };
}

const isOssUrl = (url: string): boolean => /^oss:/i.test(url);

/** An upload that is not there, or not the account's, is refused in the same words: nobody learns of others' uploads. */
function openUpload(url: string, account: string, uploads: UploadStore | undefined): Buffer {
  const object = url.length > maxUrlLength ? undefined : readOssUrl(url);
  if (object === undefined) {
    throw new Refusal('permissionDenied', `of oss: addresses, only oss://${uploadBucket}/… can be opened`);
  }
  const bytes = uploads?.open(account, object);
  if (bytes !== undefined) return bytes;
  throw new Refusal(
    'pictureNotFound',
    'there is no such upload: uploads are gone once used, or after an hour',
  );
}

async function readBytes(text: string, rules: FetchRules): Promise<Uint8Array> {
  if (/^data:/i.test(text)) return readDataUrl(text);
  if (text.length > maxUrlLength) {
    throw new Refusal('badRequest', `the URL of the picture has more than ${maxUrlLength} characters`);
  }
  if (!URL.canParse(text)) throw new Refusal('badRequest', 'the URL of the picture is not a URL');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    throw new Refusal('badRequest', 'the URL of the picture must not hold a user name or password');
  }
  if (!isFetchable(url)) {
    throw new Refusal('badRequest', 'the URL of the picture must begin with http:, https:, oss: or data:');
  }
  return fetchBytes(url, rules);
}
