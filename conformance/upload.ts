// Puts a picture where the last answer of UploadCredentials allows it, as the SDK guides do.
import { randomUUID } from 'node:crypto';
import { openOss, type UploadGrant } from '../test/support/oss-client.ts';
import { portrait, type portraits } from '../test/support/portraits.ts';
import type { Knowledge } from './pattern.ts';

/** Fields of the answer, kept under their own names. */
export const grantFields = [
  'accessKeyId',
  'accessKeySecret',
  'securityToken',
  'expiredTime',
  'ossEndpoint',
  'uploadBucket',
  'uploadFolder',
] as const satisfies readonly (keyof UploadGrant)[];

/** @returns the URL that stands for the picture in a call */
export async function upload(picture: keyof typeof portraits, { kept }: Knowledge): Promise<string> {
  const grant = Object.fromEntries(
    grantFields.map((name) => [name, kept.get(name)]),
  ) as unknown as UploadGrant;
  const object = `${grant.uploadFolder}/images/${randomUUID()}`;
  await openOss(grant).put(object, await portrait(picture));
  return `oss://${grant.uploadBucket}/${object}`;
}
