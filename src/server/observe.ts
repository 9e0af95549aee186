// Writes what happened as JSON lines on standard error: ids of requests and accounts, never of persons, never a URL.
import { destination, type Logger, pino } from 'pino';
import type { Observe } from './listen.ts';

/** Synchronous, so that a killed process has written its last line. */
export const openLog = (level: string): Logger =>
  pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination({ dest: 2, sync: true }));

/** One line a request; an unforeseen error is written whole, its message included, because no caller sees it. */
export const observeWith =
  (log: Logger): Observe =>
  ({ requestId, answer, action, account, refusal, failure, tookMs }) => {
    const line = {
      requestId,
      action,
      account,
      status: answer.status,
      refusal,
      tookMs: Math.round(tookMs * 10) / 10,
    };
    if (failure === undefined) log.info(line, 'request');
    else log.error({ ...line, err: failure }, 'request failed');
  };
