// Whatever an official Node client signs is accepted, and not when one byte of it is changed: npm run fuzz:signatures.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { WireRequest } from '../../src/wire/request.ts';
import { answerTo, withHeaders } from '../wire/vectors.ts';
import { alter, change } from './signed-parts.ts';
import { type Asked, clients, openCapture } from './signing-clients.ts';

const isShort = process.argv.includes('--short');
const runs = isShort ? 25 : 5_000;
const changesEach = isShort ? 15 : 40;

const text = fc.string({ unit: 'binary', maxLength: 24 });
const awkward = fc.constantFrom(
  '',
  ' ',
  '+',
  '%',
  '&',
  '=',
  '*',
  '~',
  "!'()",
  '%2A',
  'a b',
  'ä',
  '李',
  '😀',
  '\0',
  ',',
  '/',
  '?',
  '#',
);
const value = fc.oneof(
  text,
  awkward,
  fc.tuple(awkward, awkward).map((two) => two.join('')),
);
const headerName = fc.stringMatching(/^x-acs-q[a-z]{1,6}$/);
const headerValue = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
const isPlain = (key: string) => key !== '' && key !== '__proto__';

/**
 * The Tea clients put a key into their ACS3 text as it is, where the documentation encodes it: what they sign for a key
 * with `&` in it is another request, and refused. No parameter of the service has such a name.
 */
const plainKey = fc.stringMatching(/^[A-Za-z0-9._~-]{1,12}$/).filter(isPlain);

const askedWith = (key: fc.Arbitrary<string>): fc.Arbitrary<Asked> =>
  fc.record({
    path: fc.constantFrom('/green/sface/face/delete', '/green/image/results', '/green/image/scan'),
    query: fc.dictionary(key, value, { maxKeys: 5, noNullPrototype: true }),
    headers: fc.dictionary(headerName, headerValue, { maxKeys: 3, noNullPrototype: true }),
    body: fc.oneof(
      fc.dictionary(fc.string(), fc.oneof(text, fc.integer(), fc.array(text, { maxLength: 3 })), {
        maxKeys: 4,
        noNullPrototype: true,
      }),
      fc.array(text, { minLength: 1, maxLength: 4 }),
    ),
    securityToken: fc.option(fc.stringMatching(/^[A-Za-z0-9+/=]{8,60}$/), { nil: undefined }),
  });

let accepted = 0;
let refused = 0;

function checkChanges(request: WireRequest, changes: readonly Parameters<typeof alter>[1][]): void {
  for (const one of changes) {
    const altered = alter(request, one);
    if (altered === undefined) continue;
    const answer = answerTo(altered);
    assert.notEqual(answer, 'accepted', `${JSON.stringify(one)} of ${JSON.stringify(altered)}`);
    refused++;
  }
  for (const extra of ['x-acs-extra', 'x-acs-security-token']) {
    assert.notEqual(
      answerTo({ ...request, rawHeaders: [...request.rawHeaders, extra, 'x'] }),
      'accepted',
      extra,
    );
  }
  assert.notEqual(answerTo(withHeaders(request, { 'x-acs-version': undefined })), 'accepted');
  refused += 3;
}

const capture = await openCapture();
try {
  for (const [name, send] of Object.entries(clients)) {
    const property = fc.asyncProperty(
      askedWith(name.endsWith('ACS3') ? plainKey : value.filter(isPlain)),
      fc.array(change, { minLength: changesEach, maxLength: changesEach }),
      async (one, changes) => {
        const request = await capture.send(send, one);
        assert.equal(answerTo(request), 'accepted', JSON.stringify(request.target));
        accepted++;
        checkChanges(request, changes);
      },
    );
    await fc.assert(property, { numRuns: runs });
    console.log(`${name}: ${runs} requests`);
  }
  console.log(`proven: ${accepted} signed requests accepted, ${refused} changed ones refused`);
} finally {
  capture.close();
}
