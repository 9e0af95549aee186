// Runs the scenario through every client whose language is there, and gathers what became of it.
import { randomBytes } from 'node:crypto';
import { type Client, clients } from './clients.ts';
import { type Driver, startDriver } from './driver.ts';
import { handRefusals } from './handed-refusals.ts';
import { type LetheStages, lethePrefix, openLetheStages } from './lethe-stage.ts';
import type { Knowledge } from './pattern.ts';
import { cleanUp, type Outcome, play, type Stage } from './play.ts';
import { folder, type Language, prepare } from './toolchains.ts';

/** What became of one client. */
export type ClientReport = { readonly client: Client } & (
  | { readonly skipped: string }
  | { readonly played: readonly Outcome[]; readonly handed: readonly Outcome[] }
);

/** A service that is not ours to start: the cloud, or a Lethe elsewhere. */
export interface Elsewhere extends Stage {
  /** Of its pictures, each at `<base>/<name>.jpg`. */
  readonly pictureBase: string;
}

interface Wanted {
  /** All where left out. */
  readonly clients?: (client: Client) => boolean;
  readonly mayInstall: boolean;
  readonly elsewhere?: Elsewhere;
}

/** @returns one report a client, in the order of the table of clients */
export async function conform({
  clients: isWanted = () => true,
  mayInstall,
  elsewhere,
}: Wanted): Promise<ClientReport[]> {
  const wanted = clients.filter(isWanted);
  const skipped = new Map<Language, string>();
  for (const language of new Set(wanted.map((client) => client.language))) {
    const reason = await prepare(language, mayInstall);
    if (reason !== undefined) skipped.set(language, reason);
  }
  const reasonToSkip = ({ language, isBodyUnprotected }: Client): string | undefined =>
    skipped.get(language) ??
    (isBodyUnprotected === true && elsewhere !== undefined
      ? 'its signature leaves the body out, and whether the endpoint takes such bodies is not known'
      : undefined);
  const chosen = wanted.filter((client) => reasonToSkip(client) === undefined);
  const stages = elsewhere === undefined ? await openLetheStages(chosen) : undefined;
  try {
    const reports = new Map<string, ClientReport>();
    const run = async (client: Client) => {
      reports.set(client.name, await runClient(client, stages, elsewhere));
    };
    if (stages !== undefined) await Promise.all(chosen.map(run));
    // One account may be asked only so much a second: clients that share it take turns.
    else for (const client of chosen) await run(client);
    return clients.map(
      (client) =>
        reports.get(client.name) ?? {
          client,
          skipped: isWanted(client) ? reasonToSkip(client)! : 'not asked for',
        },
    );
  } finally {
    await stages?.close();
  }
}

async function runClient(
  client: Client,
  stages: LetheStages | undefined,
  elsewhere: Elsewhere | undefined,
): Promise<ClientReport> {
  const stage = elsewhere ?? stages!.stageFor(client);
  const knowledge: Knowledge = {
    prefix: elsewhere === undefined ? lethePrefix : `conf-${randomBytes(4).toString('hex')}-`,
    pictureUrl: (name) =>
      elsewhere === undefined ? stages!.pictureUrl(name) : `${elsewhere.pictureBase}/${name}.jpg`,
    kept: new Map(),
    isLenient: elsewhere !== undefined,
  };
  const played: Outcome[] = [];
  const handed: Outcome[] = [];
  const withDriver = async (work: (driver: Driver) => Promise<void>) => {
    const driver = startDriver(client.command, folder);
    try {
      await work(driver);
    } catch (error) {
      played.push({ row: 'driver', difference: (error as Error).message });
    } finally {
      driver.close();
    }
  };
  await withDriver(async (driver) => {
    for await (const outcome of play(client, driver, stage, knowledge)) played.push(outcome);
    for await (const outcome of handRefusals(client, driver)) handed.push(outcome);
  });
  // By a driver of its own, since the first may have ended before its time.
  if (elsewhere !== undefined) await withDriver((driver) => cleanUp(client, driver, stage, knowledge));
  return { client, played, handed };
}
