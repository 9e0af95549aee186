// Lethe's own search: across groups, with exclusions, at a stated score or error rate, saying what that means.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { fpirAt } from '../../src/gallery/thresholds.ts';
import { startPhotos, startServer } from '../support/server.ts';

const { call, lethe } = await startServer();
const { urls } = await startPhotos();

interface Candidate {
  rank: number;
  personId: string;
  faceId: string;
  score: number;
  rate: number;
}
interface Answer {
  searched: { faceCount: number; threshold: number; rate: number; fpir: number; isExtrapolated: boolean };
  faces: { faceItem: object; candidates: Candidate[] }[];
}
const identify = async (body: object): Promise<Answer> => {
  const { code, msg, data } = await call('Identify', { url: urls.rightAgain, ...body });
  assert.equal(code, 200, msg);
  return data as Answer;
};
const namesOf = ({ faces }: Answer): string[] =>
  faces.flatMap(({ candidates }) => candidates.map(({ personId }) => personId));

before(async () => {
  const groups = { left: ['visitors'], middle: ['visitors', 'former'], right: ['staff', 'choir'] };
  for (const [personId, groupIds] of Object.entries(groups)) {
    await call('AddPerson', { personId, groupIds, name: `the ${personId} one` });
    await call('AddFaces', { personId, urls: [urls[personId]!] });
  }
  await call('AddFaces', { personId: 'right', urls: [urls.right!] });
});

test('several groups are searched as one, and the answer says among how many faces and from which score', async () => {
  const answer = await identify({ groupIds: ['visitors', 'staff', 'nobody-there'] });
  const [face] = answer.faces;
  const [found] = face!.candidates;
  assert.deepEqual(answer, {
    code: 200,
    searched: {
      faceCount: 4,
      threshold: 0.45,
      rate: 76,
      fpir: answer.searched.fpir,
      isExtrapolated: false,
    },
    faces: [
      {
        faceItem: face!.faceItem,
        candidates: [
          {
            rank: 1,
            personId: 'right',
            faceId: found!.faceId,
            score: found!.score,
            rate: found!.rate,
            groupIds: ['staff', 'choir'],
            name: 'the right one',
          },
        ],
      },
    ],
  });
  assert.ok(found!.score > 0.45 && found!.score <= 1);
  const { falseMatches } = (await lethe.ready).calibration;
  assert.ok(Math.abs(answer.searched.fpir / fpirAt(0.45, 4, falseMatches!) - 1) < 0.01);
});

test('who is in an excluded group is not listed, nor counted', async () => {
  const groupIds = ['visitors', 'staff'];
  const without = await identify({ groupIds, excludedGroupIds: ['choir', 'nobody-there'] });
  assert.deepEqual([namesOf(without), without.searched.faceCount], [[], 2]);
  const { searched } = await identify({ groupIds, excludedGroupIds: ['former'] });
  assert.equal(searched.faceCount, 3);
});

test('from a minimum score on, everybody is ranked, each once, as many as are wanted', async () => {
  const everybody = { groupIds: ['visitors', 'staff'], minimumScore: -1 };
  const all = await identify({ ...everybody, limit: 100 });
  const [{ candidates }] = all.faces as [Answer['faces'][number]];
  assert.deepEqual([...namesOf(all)].sort(), ['left', 'middle', 'right']);
  assert.deepEqual(
    candidates.map(({ rank }) => rank),
    [1, 2, 3],
  );
  for (const key of ['score', 'rate'] as const) {
    const values = candidates.map((one) => one[key]);
    assert.deepEqual(
      values,
      values.toSorted((one, other) => other - one),
    );
  }
  assert.equal(all.searched.fpir, 1);
  assert.deepEqual(namesOf(await identify({ ...everybody, limit: 2 })), namesOf(all).slice(0, 2));
});

test('at a stated rate the score follows from the faces searched, and says where it was not measured', async () => {
  const groupIds = ['visitors', 'staff'];
  const lax = await identify({ groupIds, fpir: 0.01 });
  assert.deepEqual(namesOf(lax), ['right']);
  assert.deepEqual([lax.searched.fpir, lax.searched.isExtrapolated], [0.01, false]);
  const fewer = await identify({ groupIds: ['staff'], fpir: 0.01 });
  assert.ok(fewer.searched.threshold < lax.searched.threshold);
  const strict = await identify({ groupIds, fpir: 1e-9 });
  assert.deepEqual([namesOf(strict), strict.searched.isExtrapolated], [[], true]);
});

test('every face of the picture is searched for, or the largest', async () => {
  const photograph = { url: urls['sample3.jpg'], groupIds: ['staff'] };
  const all = await identify(photograph);
  assert.equal(all.faces.length, 3);
  const largest = await identify({ ...photograph, faces: 'largest' });
  assert.deepEqual(largest.faces, all.faces.slice(0, 1));
});

test('a group that nobody is in finds nobody', async () => {
  const { searched, faces } = await identify({ groupIds: ['nobody-there'] });
  assert.deepEqual([searched.faceCount, searched.fpir, faces[0]!.candidates], [0, 0, []]);
});

const groupIds = ['staff'];
const bad: [body: object, msg: string][] = [
  [{ groupIds, minimumScore: 0.5, fpir: 0.01 }, 'fpir: give it or minimumScore, not both'],
  [{}, 'groupIds: is required'],
  [{ groupIds: [] }, 'groupIds: must not be empty'],
  [{ groupIds, excludedGroupIds: ['a/b'] }, 'excludedGroupIds[0]: may hold letters, digits, _ and - only'],
  [{ groupIds, excludedGroupIds: 'staff' }, 'excludedGroupIds: must be an array'],
  [{ groupIds, limit: 0 }, 'limit: must be at least 1'],
  [{ groupIds, limit: 101 }, 'limit: must be at most 100'],
  [{ groupIds, limit: 1.5 }, 'limit: must be a whole number'],
  [{ groupIds, minimumScore: 1.1 }, 'minimumScore: must be at most 1'],
  [{ groupIds, minimumScore: '0.5' }, 'minimumScore: must be a number'],
  [{ groupIds, fpir: 0 }, 'fpir: must be at least 1e-9'],
  [{ groupIds, fpir: 0.9 }, 'fpir: must be at most 0.5'],
  [{ groupIds, faces: 'smallest' }, 'faces: must be all or largest'],
];
for (const [body, expected] of bad) {
  test(`Identify is refused: ${expected}`, async () => {
    const { code, msg } = await call('Identify', { url: urls.rightAgain, ...body });
    assert.deepEqual({ code, msg }, { code: 400, msg: expected });
  });
}
