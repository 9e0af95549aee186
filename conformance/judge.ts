// Holds a reply against what was expected: an answer's body, the service's refusal in it, or the SDK's typed error.
import { Refusal, type RefusalName, refusals } from '../src/wire/errors.ts';
import type { Reply, TypedError } from './call.ts';
import type { Client } from './clients.ts';
import { differenceFrom, type Json, type Knowledge } from './pattern.ts';
import type { Expectation } from './step.ts';

const requestId = /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/;

/** In words, what is not as expected; undefined where all is. */
export function differenceFromExpected(
  expect: Expectation,
  reply: Exclude<Reply, { cannot: string }>,
  client: Client,
  knowledge: Knowledge,
): string | undefined {
  if ('refusal' in expect && refusals[expect.refusal].kind === 'gateway') {
    if (!('error' in reply))
      return `refused with ${expect.refusal}, not answered ${reply.body.slice(0, 300)}`;
    return differenceFromGatewayRefusal(expect.refusal, expect.detail, reply.error, client, knowledge);
  }
  if ('error' in reply) return `an answer, not ${JSON.stringify(reply.error)}`;
  const body = JSON.parse(reply.body) as Json;
  return differenceFrom(envelopeOf(expect), withoutRequestId(body), knowledge);
}

function envelopeOf(expect: Expectation): Json {
  const requestId = '(an upper-case UUID)';
  if ('data' in expect) {
    const { data } = expect;
    const isWord = typeof data === 'object' && data !== null && Object.keys(data)[0]?.startsWith('$');
    if (Array.isArray(data)) return { code: 200, msg: 'OK', requestId, data };
    if (isWord && '$having' in data) {
      return {
        code: 200,
        msg: 'OK',
        requestId,
        data: { $having: { code: 200, ...(data.$having as object) } },
      };
    }
    return { code: 200, msg: 'OK', requestId, data: { code: 200, ...(data as object) } };
  }
  const code = refusals[expect.refusal].code as number;
  return { code, msg: new Refusal(expect.refusal, expect.detail).message, requestId };
}

/** The id is another in every answer: a proper one is replaced by a word for it. */
const withoutRequestId = (body: Json): Json => {
  const { requestId: id, ...rest } = body as { requestId?: string };
  return { ...rest, requestId: requestId.test(id ?? '') ? '(an upper-case UUID)' : (id ?? null) };
};

/** As `differenceFromExpected`, for a refusal of the gateway; `knownId` where the refusal's own id is known. */
export function differenceFromGatewayRefusal(
  name: RefusalName,
  detail: string | undefined,
  error: TypedError,
  client: Client,
  { isLenient }: Pick<Knowledge, 'isLenient'>,
  knownId?: string,
): string | undefined {
  const refusal = new Refusal(name, detail);
  const rewrite = knownId === undefined ? client.rewrites?.[name] : undefined;
  const code = rewrite?.code ?? String(refusal.code);
  const message = rewrite?.message ?? messageOf(name, detail);
  const expectedClass = client.errorClass(code, refusal.status);
  const shown = JSON.stringify(error).slice(0, 600);
  if (error.class !== expectedClass) return `an error of class ${expectedClass}, not ${shown}`;
  if (error.code !== code) return `code ${code}, not ${shown}`;
  // The cloud's words for most refusals are not published.
  if (!isLenient && !error.message?.includes(message)) return `the message "${message}", not ${shown}`;
  if (rewrite?.hint !== undefined && error.hint !== rewrite.hint)
    return `the hint "${rewrite.hint}", not ${shown}`;
  const isProperId =
    knownId === undefined ? requestId.test(error.requestId ?? '') : error.requestId === knownId;
  return isProperId ? undefined : `the request id ${knownId ?? 'as an upper-case UUID'}, not ${shown}`;
}

/** Without a detail, what stands before it. */
const messageOf = (name: RefusalName, detail: string | undefined): string =>
  detail === undefined ? refusals[name].message.split('{}')[0]! : new Refusal(name, detail).message;
