// The official Node client, as a program written for the cloud uses it: for the demo and the tests.
import { createRequire } from 'node:module';

/** What `@alicloud/pop-core`'s ROAClient is; the package types its other client only. */
export interface OfficialClient {
  request(
    method: string,
    path: string,
    query: Record<string, string>,
    body: string,
    headers: Record<string, string>,
    options: { timeout: number },
  ): Promise<unknown>;
}

interface ClientSettings {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly endpoint: string;
  /** Of a temporary session. */
  readonly securityToken?: string;
  /** 2018-05-09 when left out. */
  readonly apiVersion?: string;
}

/** @throws {Error} when the package is not installed: it comes with a checkout, not with the published package */
export function openOfficialClient(settings: ClientSettings): OfficialClient {
  const require = createRequire(import.meta.url);
  let module: { ROAClient: new (settings: ClientSettings & { apiVersion: string }) => OfficialClient };
  try {
    module = require('@alicloud/pop-core');
  } catch {
    throw new Error('@alicloud/pop-core is not installed: run npm ci in a checkout of Lethe');
  }
  return new module.ROAClient({ apiVersion: '2018-05-09', ...settings });
}
