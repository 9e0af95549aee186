// Waits for several steps at once and fails as the first of them did, but only after all have ended.

/** So that nothing is still under way when a failure is acted on. */
export async function settle(steps: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(steps)) if (result.status === 'rejected') throw result.reason;
}
