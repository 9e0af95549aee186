// The official client of the cloud's object storage, ali-oss, as a program that uploads pictures uses it.
import { createRequire } from 'node:module';
import type { Readable } from 'node:stream';

/** What is used of it; the package brings no types. */
export interface OssClient {
  put(
    object: string,
    content: Buffer | Readable,
    options?: { headers?: Record<string, string>; mime?: string },
  ): Promise<{ name: string; res: { status: number; headers: Record<string, string> } }>;
  get(object: string): Promise<unknown>;
  head(object: string): Promise<unknown>;
  list(query: object): Promise<unknown>;
  delete(object: string): Promise<unknown>;
  append(object: string, content: Buffer): Promise<unknown>;
  initMultipartUpload(object: string): Promise<unknown>;
}

/** The answer of UploadCredentials. */
export interface UploadGrant {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string;
  readonly expiredTime: number;
  readonly ossEndpoint: string;
  readonly uploadBucket: string;
  readonly uploadFolder: string;
}

const require = createRequire(import.meta.url);
const Client = require('ali-oss') as new (options: object) => OssClient;

/** As the SDK guides make it from the credentials, with further options of the client's own. */
export const openOss = (grant: UploadGrant, options: object = {}): OssClient =>
  new Client({
    accessKeyId: grant.accessKeyId,
    accessKeySecret: grant.accessKeySecret,
    stsToken: grant.securityToken,
    endpoint: grant.ossEndpoint,
    bucket: grant.uploadBucket,
    // Without them the client writes advice to the console.
    refreshSTSToken: async () => ({
      accessKeyId: grant.accessKeyId,
      accessKeySecret: grant.accessKeySecret,
      stsToken: grant.securityToken,
    }),
    refreshSTSTokenInterval: 3_600_000,
    ...options,
  });
