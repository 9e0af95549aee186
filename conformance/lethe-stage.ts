// A Lethe of its own for the scenario: a temporary folder, loopback, an account for each client.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PhotoServer, servePhotos } from '../src/cli/photo-server.ts';
import { librarySettings } from '../src/cli/settings.ts';
import { readSettings } from '../src/config/read-settings.ts';
import type { SettingName } from '../src/config/settings.ts';
import { drawAccessKey } from '../src/gallery/access-keys.ts';
import type { KeyStore } from '../src/gallery/ports.ts';
import { openKeys } from '../src/library.ts';
import { type Lethe, serverSettings, startLethe } from '../src/main.ts';
import { openLog } from '../src/server/observe.ts';
import { portrait, portraits } from '../test/support/portraits.ts';
import type { Key } from './call.ts';
import type { Client } from './clients.ts';
import type { Stage } from './play.ts';
import type { SpecialKey } from './step.ts';

const anHourMs = 3_600_000;

/** Before every name: the accounts keep the clients apart. */
export const lethePrefix = 'conf-';
/** Group of the scenario that the scene sface searches. */
const sfaceGroup = `${lethePrefix}g1`;

export const pictureNames = Object.keys(portraits) as (keyof typeof portraits)[];

export interface LetheStages {
  /** @returns where a client plays, under an account of its own */
  stageFor(client: Client): Stage;
  pictureUrl(name: string): string;
  close(): Promise<void>;
}

/**
 * Starts Lethe with the cloud's quotas; and one more that takes bodies outside the signature, where a client sends
 * such bodies.
 */
export async function openLetheStages(clients: readonly Client[]): Promise<LetheStages> {
  const folder = await mkdtemp(join(tmpdir(), 'lethe-conformance-'));
  const opened: { close(): Promise<void> }[] = [];
  const close = async () => {
    for (const one of opened.reverse()) await one.close();
    await rm(folder, { recursive: true, force: true });
  };
  const start = async (name: string, flags: Partial<Record<SettingName, string>>): Promise<Lethe> => {
    const lethe = await startOn(join(folder, name), flags);
    opened.push(lethe);
    await lethe.ready;
    return lethe;
  };
  try {
    const photos = await servePhotos();
    opened.push(photos);
    const urls = await publishPortraits(photos);
    const strict = await start('strict', {});
    const isLooseNeeded = clients.some(({ isBodyUnprotected }) => isBodyUnprotected === true);
    const loose = isLooseNeeded ? await start('loose', { allowUnprotectedBody: 'yes' }) : undefined;
    const stages = new Map<string, Stage>();
    for (const [number, client] of clients.entries()) {
      const account = `client-${number}`;
      const key = drawAccessKey(account, Date.now());
      const isLoose = client.isBodyUnprotected === true;
      if (isLoose) await withKeys(join(folder, 'strict'), (keys) => keys.addAccessKey(key));
      const keys = await withKeys(join(folder, isLoose ? 'loose' : 'strict'), async (store) => {
        await store.addAccessKey(key);
        return makeSpecialKeys(store, account, key.id);
      });
      stages.set(client.name, {
        endpoint: isLoose ? loose!.url : strict.url,
        key: pairOf(key),
        lethe: { strictEndpoint: strict.url, keys },
      });
    }
    return {
      stageFor: ({ name }) => stages.get(name)!,
      pictureUrl: (name) => urls.get(name) ?? `${photos.url}/${name}.jpg`,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const startOn = (data: string, flags: Partial<Record<SettingName, string>>): Promise<Lethe> =>
  startLethe(
    readSettings(
      serverSettings,
      { data, port: '0', allowFetchFrom: ['127.0.0.1/32'], sfaceGroup, ...flags },
      {},
    ),
    openLog('error'),
  );

async function publishPortraits(photos: PhotoServer): Promise<Map<string, string>> {
  const urls = new Map<string, string>();
  for (const name of pictureNames) urls.set(name, photos.publish(`${name}.jpg`, await portrait(name)));
  return urls;
}

async function withKeys<Value>(data: string, work: (keys: KeyStore) => Promise<Value>): Promise<Value> {
  const keys = await openKeys(readSettings(librarySettings, { data }, {}));
  try {
    return await work(keys);
  } finally {
    await keys.close();
  }
}

const pairOf = ({ id, material }: ReturnType<typeof drawAccessKey>): Key => ({ id, secret: material.secret });

async function makeSpecialKeys(
  store: KeyStore,
  account: string,
  parentId: string,
): Promise<Record<SpecialKey, Key>> {
  const disabled = drawAccessKey(account, Date.now());
  await store.addAccessKey(disabled);
  await store.setAccessKeyStatus(disabled.id, 'disabled');
  const limited = drawAccessKey(account, Date.now());
  await store.addAccessKey({ ...limited, allowedActions: ['GetPerson'] });
  const lend = async (forMs: number): Promise<Required<Key>> => {
    const grant = { account, parentId, expiresAtMs: Date.now() + forMs };
    const { id, secret, securityToken } = await store.issueTemporaryKey(grant);
    return { id, secret, token: securityToken };
  };
  const temporary = await lend(anHourMs);
  const { id, secret } = temporary;
  return {
    disabled: pairOf(disabled),
    limited: pairOf(limited),
    temporary,
    temporaryWithoutToken: { id, secret },
    temporaryAndOver: await lend(-anHourMs),
    withAnothersToken: { id, secret, token: (await lend(anHourMs)).token },
    withMadeUpToken: { id, secret, token: 'CAISaTokenThatNobodyGaveOut/else+==' },
  };
}
