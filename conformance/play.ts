// Plays the scenario through one client's driver, and tells what became of every step.
import { setTimeout } from 'node:timers/promises';
import { operations } from '../src/operations/index.ts';
import type { Call, Key } from './call.ts';
import type { Client } from './clients.ts';
import type { Driver } from './driver.ts';
import { differenceFromExpected } from './judge.ts';
import { fill, type Knowledge } from './pattern.ts';
import { cleanup, scenario } from './scenario/index.ts';
import type { Fault, SpecialKey, Step } from './step.ts';
import { upload } from './upload.ts';

/** Where the scenario is played, and as whom. */
export interface Stage {
  readonly endpoint: string;
  readonly key: Key;
  /** Only where Lethe itself is asked. */
  readonly lethe?: {
    /** Of a server that refuses a body outside the signature. */
    readonly strictEndpoint: string;
    readonly keys: Readonly<Record<SpecialKey, Key>>;
  };
}

export interface Outcome {
  readonly row: string;
  /** What was called and what went otherwise than expected; undefined where nothing did. */
  readonly difference?: string;
  /** Why the SDK could not be made to send it. */
  readonly cannot?: string;
}

/** Enrolling, where several clients share two cores. */
const timeoutMs = 30_000;
const apiVersion = '2018-05-09';

export const rowOf = ({ row, action }: Pick<Step, 'row' | 'action'>): string => row ?? action;

const operationOf = (action: string) => {
  const operation = operations.find((one) => one.action === action);
  if (operation === undefined) throw new Error(`the scenario calls ${action}, which Lethe does not know`);
  return operation;
};

/** Plays every step that the client and the stage allow. */
export async function* play(
  client: Client,
  driver: Driver,
  stage: Stage,
  knowledge: Knowledge,
): AsyncGenerator<Outcome> {
  for (const step of scenario.filter((one) => isPlayed(one, client, stage))) {
    yield { row: rowOf(step), ...(await playStep(step, client, driver, stage, knowledge)) };
  }
}

/** Deletes the scenario's persons, where they are still there. */
export async function cleanUp(
  client: Client,
  driver: Driver,
  stage: Stage,
  knowledge: Knowledge,
): Promise<void> {
  for (const step of cleanup) await driver.ask(callOf(step, client, stage, knowledge));
}

const isPlayed = (step: Step, client: Client, stage: Stage): boolean =>
  (step.signature === undefined || step.signature === client.signature) &&
  (step.isForLetheOnly !== true || stage.lethe !== undefined) &&
  (step.isAtStrictServer !== true || (stage.lethe !== undefined && client.isBodyUnprotected === true));

async function playStep(
  step: Step,
  client: Client,
  driver: Driver,
  stage: Stage,
  knowledge: Knowledge,
): Promise<Omit<Outcome, 'row'>> {
  const call = callOf(step, client, stage, knowledge);
  let difference: string | undefined;
  for (let times = 0; times < (step.atMost ?? 1); times++) {
    if (times > 0 && step.waitMs !== undefined) await setTimeout(step.waitMs);
    const reply = await driver.ask(call);
    if ('cannot' in reply) return { cannot: reply.cannot };
    difference = differenceFromExpected(step.expect, reply, client, knowledge);
    if (difference === undefined) break;
  }
  if (difference !== undefined) return { difference: `${step.action}: expected ${difference}` };
  return step.thenUpload === undefined ? {} : uploadAfter(step.thenUpload, knowledge);
}

async function uploadAfter(
  { picture, keep }: NonNullable<Step['thenUpload']>,
  knowledge: Knowledge,
): Promise<Pick<Outcome, 'difference'>> {
  try {
    knowledge.kept.set(keep, await upload(picture, knowledge));
    return {};
  } catch (error) {
    return { difference: `an upload: ${(error as Error).message}` };
  }
}

function callOf(
  { action, query = {}, body, fault = {}, isAtStrictServer }: Omit<Step, 'expect'>,
  { signature }: Client,
  stage: Stage,
  knowledge: Knowledge,
): Omit<Call, 'id'> {
  return {
    endpoint: isAtStrictServer === true ? stage.lethe!.strictEndpoint : stage.endpoint,
    method: fault.method ?? 'POST',
    action,
    path: fault.path ?? operationOf(action).path,
    version: fault.version ?? apiVersion,
    query: fill(query, knowledge) as Record<string, string>,
    headers: {
      ...fault.headers,
      ...(fault.nonce === undefined ? {} : { 'x-acs-signature-nonce': `${knowledge.prefix}${fault.nonce}` }),
      ...dateHeader(fault, signature),
    },
    body: body === undefined ? null : JSON.stringify(fill(body, knowledge)),
    key: keyOf(fault, stage),
    timeoutMs,
  };
}

function dateHeader({ date }: Fault, signature: Client['signature']): Record<string, string> {
  if (date === undefined) return {};
  const anHourAgo = new Date(Date.now() - 3_600_000);
  return signature === 'roa'
    ? { date: date === 'notADate' ? 'yesterday' : anHourAgo.toUTCString() }
    : {
        'x-acs-date': date === 'notADate' ? 'yesterday' : anHourAgo.toISOString().replace(/\.\d+Z$/, 'Z'),
      };
}

function keyOf({ key }: Fault, { key: good, lethe }: Stage): Key | null {
  if (key === 'none') return null;
  if (key === 'unknown') return { id: 'NobodysAccessKeyId', secret: good.secret };
  if (key === 'wrongSecret') return { ...good, secret: `${good.secret}x` };
  return key === undefined ? good : lethe!.keys[key];
}
