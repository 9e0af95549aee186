// Scans that nobody waits for: done in their turn, kept in memory for an hour, and told to whoever left an address.
import { setTimeout as wait } from 'node:timers/promises';
import { Refusal } from '../wire/errors.ts';
import {
  maxCallbackRepeats,
  maxScanResults,
  maxWaitingScanCharacters,
  maxWaitingScans,
  scanResultKeptMs,
} from '../wire/limits.ts';
import type { CallbackSender } from './ports.ts';

/** What a scan found, written anew each time it is asked for: who was deleted since is not named. */
export type Report = () => object;

export interface SubmittedScan {
  /** Drawn by whoever submits it: a random UUID. */
  readonly taskId: string;
  /** What the answer repeats of the request. */
  readonly head: object;
  /** Characters that the work holds on to until it is done. */
  readonly characters: number;
  readonly work: () => Promise<Report>;
}

/** Where the report of each scan goes, and the form it takes. */
export interface Callback {
  readonly url: string;
  readonly writeForm: (report: object) => string;
}

export interface ScanTaskRules {
  readonly sender: CallbackSender;
  /** Runs a scan, or sends a callback, when its turn has come. */
  readonly admitScan: <Value>(work: () => Promise<Value>) => Promise<Value>;
  readonly admitCallback: <Value>(work: () => Promise<Value>) => Promise<Value>;
  readonly nowMs: () => number;
  /** A scan that ended in no report and no refusal. */
  readonly onFailure: (account: string, error: unknown) => void;
  /** A callback that was never answered with HTTP 200. */
  readonly onUndelivered: (account: string) => void;
  /** How long to wait before the first, second, … repeat of a callback, ms. */
  readonly repeatAfterMs?: (repeat: number) => number;
}

interface Task {
  readonly account: string;
  readonly head: object;
  /** Undefined while the scan waits or runs. */
  done?: { readonly report: Report; readonly atMs: number };
}

/** Doubles from a second to four minutes: sixteen repeats end within the hour that the result is kept. */
const doubling = (repeat: number): number => Math.min(2 ** (repeat - 1), 240) * 1_000;

/** How often results are looked through for those whose hour is over. */
const sweepEveryMs = 60_000;

/** Nothing of it is on disk: a restart loses every task, and with it every name in a result. */
export class ScanTasks {
  readonly #rules: ScanTaskRules;
  /** By account and task id, in the order submitted. */
  readonly #tasks = new Map<string, Task>();
  readonly #waiting = new Map<string, { scans: number; characters: number }>();
  readonly #running = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  readonly #sweeper: NodeJS.Timeout;

  constructor(rules: ScanTaskRules) {
    this.#rules = rules;
    this.#sweeper = setInterval(() => this.#sweep(), sweepEveryMs).unref();
  }

  /**
   * Refuses an address that no callback could go to.
   * @throws {Refusal} badRequest, unsafeAddress
   */
  checkCallback(url: string): void {
    this.#rules.sender.check(url);
  }

  /**
   * Takes scans on, all or none of them; they are begun in the order submitted.
   * @returns a promise that resolves, never rejects, once all of them are done; callbacks are not waited for
   * @throws {Refusal} scanQueueFull
   */
  submit(account: string, scans: readonly SubmittedScan[], callback?: Callback): Promise<unknown> {
    const characters = scans.reduce((sum, scan) => sum + scan.characters, 0);
    const waiting = this.#waiting.get(account) ?? { scans: 0, characters: 0 };
    if (waiting.scans + scans.length > maxWaitingScans) {
      throw new Refusal('scanQueueFull', `at most ${maxWaitingScans} tasks may wait`);
    }
    if (waiting.scans > 0 && waiting.characters + characters > maxWaitingScanCharacters) {
      throw new Refusal('scanQueueFull', 'the tasks that wait hold too many data: URLs');
    }
    this.#sweep();
    const runs = scans.map((scan) => this.#start(account, scan, callback));
    this.#makeRoom(account);
    return Promise.all(runs);
  }

  /** What is known of a task; undefined where there is none, also where it is another account's or its hour is over. */
  find(account: string, taskId: string): { head: object; report?: object } | undefined {
    const task = this.#tasks.get(keyOf(account, taskId));
    if (task === undefined || this.#isOver(task)) return undefined;
    const { head, done } = task;
    return done === undefined ? { head } : { head, report: done.report() };
  }

  /** Drops what waits, lets the scans under way end, and forgets every result. */
  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    this.#closing.abort();
    await Promise.all(this.#running);
    this.#tasks.clear();
  }

  #start(account: string, scan: SubmittedScan, callback: Callback | undefined): Promise<void> {
    const task: Task = { account, head: scan.head };
    this.#tasks.set(keyOf(account, scan.taskId), task);
    this.#count(account, 1, scan.characters);
    const run = this.#run(task, scan).finally(() => this.#count(account, -1, -scan.characters));
    const told = callback === undefined ? run : run.then(() => this.#tell(scan.taskId, task, callback));
    this.#running.add(told);
    told.finally(() => this.#running.delete(told));
    return run;
  }

  #count(account: string, scans: number, characters: number): void {
    const before = this.#waiting.get(account) ?? { scans: 0, characters: 0 };
    const now = { scans: before.scans + scans, characters: before.characters + characters };
    if (now.scans === 0) this.#waiting.delete(account);
    else this.#waiting.set(account, now);
  }

  async #run(task: Task, { work }: SubmittedScan): Promise<void> {
    await this.#rules.admitScan(async () => {
      if (this.#closing.signal.aborted) return;
      try {
        const report = await work();
        task.done = { report, atMs: this.#rules.nowMs() };
      } catch (error) {
        this.#rules.onFailure(task.account, error);
        const { code, message } = new Refusal('generalError');
        task.done = { report: () => ({ code, msg: message, ...task.head }), atMs: this.#rules.nowMs() };
      }
    });
  }

  async #tell(taskId: string, task: Task, { url, writeForm }: Callback): Promise<void> {
    const { sender, admitCallback, repeatAfterMs = doubling } = this.#rules;
    const { signal } = this.#closing;
    const isKept = () =>
      !signal.aborted && this.#tasks.get(keyOf(task.account, taskId)) === task && !this.#isOver(task);
    const write = () => (isKept() && task.done !== undefined ? writeForm(task.done.report()) : undefined);
    for (let repeat = 0; repeat <= maxCallbackRepeats && isKept(); repeat++) {
      if (repeat > 0) await wait(repeatAfterMs(repeat), undefined, { signal }).catch(() => undefined);
      if (await admitCallback(async () => isKept() && (await sender.post(url, write, signal)))) return;
    }
    if (!signal.aborted) this.#rules.onUndelivered(task.account);
  }

  #isOver({ done }: Task): boolean {
    return done !== undefined && this.#rules.nowMs() - done.atMs >= scanResultKeptMs;
  }

  #sweep(): void {
    for (const [key, task] of this.#tasks) if (this.#isOver(task)) this.#tasks.delete(key);
  }

  /** The oldest results of the account give way. */
  #makeRoom(account: string): void {
    const held = [...this.#tasks].filter(([, task]) => task.account === account);
    for (const [key] of held.slice(0, Math.max(0, held.length - maxScanResults))) this.#tasks.delete(key);
  }
}

// Account names hold no slash.
const keyOf = (account: string, taskId: string): string => `${account}/${taskId}`;
