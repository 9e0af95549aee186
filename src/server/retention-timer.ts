// Clears what is due once a day, without being asked: soon after the start, then when the day changes (UTC).
import type { Logger } from 'pino';
import type { Clearing } from '../gallery/clearing.ts';
import { dayOf, startOfDay } from '../wire/days.ts';

/** Lets a start finish first. */
const firstAfterMs = 10_000;
/** How often to look at the clock: a machine that slept, or a run that failed, is caught up with within the hour. */
const checkEveryMs = 3_600_000;

export interface RetentionTimer {
  /** Resolves once a run under way has ended, which is soon; the next start does the rest. */
  close(): Promise<void>;
}

/** Runs never overlap: the next look at the clock comes after the end of a run. */
export function startRetentionTimer(
  clearing: Pick<Clearing, 'run'>,
  log: Logger,
  {
    nowMs = Date.now,
    waitMs = (isFirst: boolean) => (isFirst ? firstAfterMs : untilMidnight(nowMs())),
  }: { nowMs?: () => number; waitMs?: (isFirst: boolean) => number } = {},
): RetentionTimer {
  let doneDay: number | undefined;
  let run: Promise<void> | undefined;
  let timer: NodeJS.Timeout;
  const closing = new AbortController();

  const check = async (): Promise<void> => {
    const today = dayOf(nowMs());
    if (today === doneDay) return;
    try {
      const { persons, faces, memberships } = await clearing.run({ signal: closing.signal });
      doneDay = today;
      log.info({ persons, faces, memberships }, 'retention');
    } catch (error) {
      if (!closing.signal.aborted) log.error({ err: error }, 'retention failed, and is tried again');
    }
  };
  const wait = (isFirst: boolean): void => {
    timer = setTimeout(() => {
      run = check().finally(() => {
        run = undefined;
        if (!closing.signal.aborted) wait(false);
      });
    }, waitMs(isFirst)).unref();
  };
  wait(true);
  return {
    async close() {
      closing.abort();
      clearTimeout(timer);
      await run;
    },
  };
}

const untilMidnight = (nowMs: number): number =>
  Math.min(checkEveryMs, startOfDay(dayOf(nowMs) + 1) - nowMs + 1_000);
