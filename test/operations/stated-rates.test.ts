// A stated error rate decides on real photographs: the same two pictures are one person at one rate, and not at another.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { startPhotos, startServer } from '../support/server.ts';

const lax = await startServer({ verifyFmr: '0.01', identifyFpir: '0.1' });
const strict = await startServer({ verifyFmr: '1e-9', identifyFpir: '1e-9' });
const { urls } = await startPhotos();

type Result = {
  label: string;
  rate: number;
  topPersonData: { persons: { personId: string; rate: number }[] }[];
};
const scan = async ({ call }: typeof lax, scene: string, extras: object): Promise<Result> => {
  const answer = await call('ImageSyncScan', { scenes: [scene], tasks: [{ url: urls.rightAgain, extras }] });
  return (answer.data as { results: Result[] }[])[0]!.results[0]!;
};

before(async () => {
  for (const { call } of [lax, strict]) {
    await call('AddPerson', { groupIds: ['women'], personId: 'right' });
    await call('AddFaces', { personId: 'right', urls: [urls.right!] });
  }
});

test('1:1 says "one person" at a rate of one in a hundred, not at one in a billion; the rate of the match is the same', async () => {
  const said = await scan(lax, 'sface-1', { faceUrl: urls.right });
  assert.equal(said.label, 'sface');
  assert.deepEqual(await scan(strict, 'sface-1', { faceUrl: urls.right }), {
    ...said,
    label: 'normal',
    suggestion: 'pass',
  });
});

test('1:N lists her at a rate of one in ten, and nobody at one in a billion', async () => {
  const [found] = (await scan(lax, 'sface-n', { groupId: 'women' })).topPersonData;
  assert.deepEqual(
    found!.persons.map(({ personId }) => personId),
    ['right'],
  );
  const nobody = await scan(strict, 'sface-n', { groupId: 'women' });
  assert.deepEqual([nobody.label, nobody.rate, nobody.topPersonData[0]!.persons], ['normal', 0, []]);
});

test('the server tells the scores that the rates asked for', async () => {
  const [one, other] = [await lax.lethe.ready, await strict.lethe.ready];
  assert.ok(one.thresholds.verify < one.calibration.verify.threshold);
  assert.ok(other.thresholds.verify > other.calibration.verify.threshold);
  assert.ok(other.thresholds.identify(1) < other.thresholds.identify(1000));
});
