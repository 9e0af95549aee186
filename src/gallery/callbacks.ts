// Callbacks to an address that the caller gave: what is asked of the world for them. Types only.

/** Tells callers, over http or https, what came of what they asked for. */
export interface CallbackSender {
  /**
   * Refuses what can be seen to be no address to send to; what a name stands for is looked at when it is sent.
   * @throws {Refusal} badRequest, unsafeAddress
   */
  check(url: string): void;
  /**
   * Sends one form by POST. It is written once the connection stands, so that nothing is told that has become untrue
   * while a name was looked up; undefined sends nothing.
   * @returns whether it was answered with HTTP 200
   */
  post(url: string, writeForm: () => string | undefined, signal: AbortSignal): Promise<boolean>;
}
