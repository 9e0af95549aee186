// Days as retention counts them: whole days since 1970-01-01, UTC; and how they are written, such as 2026-01-31.

/** Days since 1970-01-01, UTC. */
export type Day = number;

const dayMs = 86_400_000;

/** The day an instant falls on. */
export const dayOf = (ms: number): Day => Math.floor(ms / dayMs);

/** The instant a day begins, ms. */
export const startOfDay = (day: Day): number => day * dayMs;

/** As RFC 3339's full-date. */
export const writeDay = (day: Day): string => new Date(startOfDay(day)).toISOString().slice(0, 10);

/** Undefined for what is no date of the calendar, such as 2026-02-30. */
export function readDay(text: string): Day | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(ms) || writeDay(dayOf(ms)) !== text ? undefined : dayOf(ms);
}
