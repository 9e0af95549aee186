// Hands a client every refusal of the gateway as Lethe writes it, also those that no SDK can be made to provoke.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerRefusal } from '../src/wire/envelope.ts';
import { Refusal, type RefusalName, refusals } from '../src/wire/errors.ts';
import type { Client } from './clients.ts';
import type { Driver } from './driver.ts';
import { differenceFromGatewayRefusal } from './judge.ts';
import type { Outcome } from './play.ts';

export const gatewayRefusals = (Object.keys(refusals) as RefusalName[]).filter(
  (name) => refusals[name].kind === 'gateway',
);

/** What fills the `{}` of those that have one. */
const detail = 'Detail';
const timeoutMs = 30_000;

/** Asks a server that refuses everything, once for each refusal. */
export async function* handRefusals(client: Client, driver: Driver): AsyncGenerator<Outcome> {
  let next: { name: RefusalName; requestId: string } | undefined;
  const server = createServer((_request, response) => {
    const { name, requestId } = next!;
    const { status, body } = answerRefusal(requestId, new Refusal(name, detail));
    response.writeHead(status, { 'content-type': 'application/json;charset=utf-8' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    for (const name of gatewayRefusals) {
      const requestId = randomUUID().toUpperCase();
      next = { name, requestId };
      const difference = await handOne(client, driver, endpoint, name, requestId);
      yield { row: name, ...(difference === undefined ? {} : { difference }) };
    }
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function handOne(
  client: Client,
  driver: Driver,
  endpoint: string,
  name: RefusalName,
  requestId: string,
): Promise<string | undefined> {
  const reply = await driver.ask({
    endpoint,
    method: 'POST',
    action: 'DeleteFaces',
    path: '/green/sface/face/delete',
    version: '2018-05-09',
    query: {},
    headers: {},
    body: '{}',
    key: { id: 'anybodysAccessKeyId', secret: 'anybodysAccessKeySecret' },
    timeoutMs,
  });
  if ('cannot' in reply) return reply.cannot;
  if ('body' in reply) return `handed ${name}: expected an error, not ${reply.body}`;
  const found = differenceFromGatewayRefusal(
    name,
    detail,
    reply.error,
    client,
    { isLenient: false },
    requestId,
  );
  return found === undefined ? undefined : `handed ${name}: expected ${found}`;
}
