// A whole Lethe on a folder of its own, asked through the official client; gone when the test ends.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { type OfficialClient, openOfficialClient } from '../../src/cli/official-client.ts';
import { type PhotoServer, servePhotos } from '../../src/cli/photo-server.ts';
import { readSettings } from '../../src/config/read-settings.ts';
import type { SettingName } from '../../src/config/settings.ts';
import { type Lethe, serverSettings, startLethe } from '../../src/main.ts';
import { operations } from '../../src/operations/index.ts';
import { openLog } from '../../src/server/observe.ts';
import { photo, portrait, portraits } from './portraits.ts';

export { photo, portrait, portraits };

export const accessKey = { id: 'testAccessKeyId0001', secret: 'testAccessKeySecret0000000001' };

/** The service's answer as it stands on the wire. */
export interface Answer {
  readonly code: number;
  readonly msg: string;
  readonly requestId: string;
  // The tests name what they expect of it, whole.
  readonly data?: unknown;
}

export interface TestServer {
  readonly lethe: Lethe;
  readonly folder: string;
  readonly client: OfficialClient;
  /** Calls an operation by its name; a gateway's refusal rejects, as the official client makes it. */
  call(action: string, body: unknown, query?: Record<string, string>): Promise<Answer>;
}

const headers = { 'content-type': 'application/json' };

export const pathOf = (action: string): string => {
  const operation = operations.find((one) => one.action === action);
  if (operation === undefined) throw new Error(`no operation ${action}`);
  return operation.path;
};

type Flags = Partial<Record<SettingName, string | string[]>>;

/** Starts a server for the tests of a file; quotas are off unless the flags say otherwise. */
export async function startServer(flags: Flags = {}, libraryNowMs?: () => number): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'lethe-test-'));
  const lethe = await startOn(folder, flags, libraryNowMs);
  after(async () => {
    await lethe.close();
    await rm(folder, { recursive: true, force: true });
  });
  await lethe.ready;
  return { lethe, folder, ...clientOf(lethe.url) };
}

/** Starts a server on a folder, with the tests' key; the caller closes it. */
export function startOn(folder: string, flags: Flags = {}, libraryNowMs?: () => number): Promise<Lethe> {
  const given = {
    data: join(folder, 'data'),
    port: '0',
    workers: '1',
    quota: 'off',
    allowFetchFrom: ['127.0.0.1/32'],
    ...flags,
  };
  const variables = { LETHE_ACCESS_KEY_ID: accessKey.id, LETHE_ACCESS_KEY_SECRET: accessKey.secret };
  return startLethe(readSettings(serverSettings, given, variables), openLog('silent'), libraryNowMs);
}

export function clientOf(
  url: string,
  key: { id: string; secret: string; securityToken?: string } = accessKey,
): Pick<TestServer, 'client' | 'call'> {
  const { id: accessKeyId, secret: accessKeySecret, securityToken } = key;
  const client = openOfficialClient({
    accessKeyId,
    accessKeySecret,
    endpoint: url,
    ...(securityToken === undefined ? {} : { securityToken }),
  });
  return {
    client,
    async call(action, body, query = {}) {
      const text = JSON.stringify(body);
      const answer = await client.request('POST', pathOf(action), query, text, headers, { timeout: 20_000 });
      // The client's objects have no prototype, which deepEqual would hold against them.
      return structuredClone(answer) as Answer;
    },
  };
}

/** The photographs and portraits on a loopback server, closed when the tests of the file end. */
export async function startPhotos(): Promise<PhotoServer & { readonly urls: Record<string, string> }> {
  const photos = await servePhotos();
  after(() => photos.close());
  const urls: Record<string, string> = {};
  for (const name of ['sample1.jpg', 'sample3.jpg']) urls[name] = photos.publish(name, await photo(name));
  for (const name of Object.keys(portraits) as (keyof typeof portraits)[]) {
    urls[name] = photos.publish(`${name}.jpg`, await portrait(name));
  }
  return { ...photos, urls };
}

export const upperCaseUuid = /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/;
