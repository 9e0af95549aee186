// What a step of the scenario is: one call of an operation and the answer that every client must be given.
import type { RefusalName } from '../src/wire/errors.ts';
import type { portraits } from '../test/support/portraits.ts';
import type { Pattern } from './pattern.ts';

/** Keys that are made beside a client's own, where the server is ours. */
export type SpecialKey =
  | 'disabled'
  /** May call GetPerson only. */
  | 'limited'
  /** Temporary, with its security token. */
  | 'temporary'
  | 'temporaryWithoutToken'
  | 'temporaryAndOver'
  /** Temporary, with the token of another. */
  | 'withAnothersToken'
  | 'withMadeUpToken';

/** Deviations of a call from what a program for the cloud would send: each provokes one refusal of the gateway. */
export interface Fault {
  readonly key?: 'none' | 'unknown' | 'wrongSecret' | SpecialKey;
  readonly date?: 'anHourAgo' | 'notADate';
  readonly version?: string;
  readonly path?: string;
  readonly method?: 'GET';
  /** Used as it is; calls with the same nonce are the same to the gateway. */
  readonly nonce?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Expectation =
  /** The answer's `data`, without the `code` that stands in it when it is an object. */
  | { readonly data: Pattern }
  /** `detail` fills the `{}` of the refusal's words; any detail will do where it is left out. */
  | { readonly refusal: RefusalName; readonly detail?: string };

export interface Step {
  /** Row of the matrix; the operation's name when left out. */
  readonly row?: string;
  readonly action: string;
  readonly query?: Readonly<Record<string, Pattern>>;
  /** Undefined: no body at all. */
  readonly body?: Pattern;
  readonly fault?: Fault;
  /** Calls this often, until the expectation is met for the first time. */
  readonly atMost?: number;
  /** Between such calls; none where left out. */
  readonly waitMs?: number;
  /** Left out elsewhere: the cloud does not document the answer, or could not be made to give it. */
  readonly isForLetheOnly?: boolean;
  /** Left out for clients that sign otherwise: what it provokes exists under one signature only. */
  readonly signature?: 'roa' | 'acs3';
  /** For clients whose signature leaves the body out: asks the server that refuses such bodies. */
  readonly isAtStrictServer?: boolean;
  readonly expect: Expectation;
  /** Afterwards puts a picture where kept credentials allow it, with the cloud's storage client; keeps its oss:// URL. */
  readonly thenUpload?: { readonly picture: keyof typeof portraits; readonly keep: string };
}
