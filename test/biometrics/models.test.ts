// A model folder is trusted only as far as its manifest and hashes go.
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { loadModels, modelsFolder } from '../../src/biometrics/models.ts';

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lethe-models-test-'));
});
after(() => rm(folder, { recursive: true }));

type Entries = Record<string, unknown>[];

async function strictEntries(): Promise<Entries> {
  const text = await readFile(join(modelsFolder('strict'), 'manifest.json'), 'utf8');
  return JSON.parse(text).models;
}

async function copyOfStrict(name: string): Promise<string> {
  const copy = join(folder, name);
  await cp(modelsFolder('strict'), copy, { recursive: true });
  return copy;
}

test('the default set has a model for every role', async () => {
  const set = await loadModels(modelsFolder('default'));
  assert.equal(set.detector.decoder, 'ultraface');
  assert.equal(set.fallbackDetector?.decoder, 'blazeface');
  assert.equal(set.embedder.dimensions, 512);
  assert.equal(set.embedder.alignment, 'arcface-112');
  assert.equal(set.embedder.calibration.verify.threshold, 0.4);
  assert.ok(set.landmarks && set.mesh && set.genderAge && set.emotion);
});

for (const set of ['default', 'strict']) {
  test(`the ${set} set's false-match rate at its 1:1 threshold is the one its curve says`, async () => {
    const { verify, falseMatches } = (await loadModels(modelsFolder(set))).embedder.calibration;
    const point = falseMatches!.points.find(([score]) => score === verify.threshold);
    assert.deepEqual(point, [verify.threshold, verify.falseMatchRate]);
  });
}

test('the strict set finds, aligns and compares faces, and tells no gender, age or smile', async () => {
  const set = await loadModels(modelsFolder('strict'));
  assert.equal(set.detector.decoder, 'blazeface');
  assert.equal(set.embedder.dimensions, 128);
  assert.deepEqual(
    [set.fallbackDetector, set.landmarks, set.genderAge, set.emotion],
    [undefined, undefined, undefined, undefined],
  );
});

test("a folder of one's own is read by the same rules", async () => {
  const copy = await copyOfStrict('own');
  const [detector, mesh, embedder] = await strictEntries();
  const models = [detector, mesh, { ...embedder, id: 'my-embedder' }];
  await writeFile(join(copy, 'manifest.json'), JSON.stringify({ models }));
  assert.equal((await loadModels(copy)).embedder.id, 'my-embedder');
});

test('a model file with one bit turned is refused by name, with the remedy', async () => {
  const copy = await copyOfStrict('flipped');
  const path = join(copy, 'facemesh.onnx');
  const bytes = await readFile(path);
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(path, bytes);
  await assert.rejects(loadModels(copy), { message: /facemesh\.onnx is not the one .*npm run models/ });
});

test('a missing model file is refused by name, with the remedy', async () => {
  const copy = await copyOfStrict('missing');
  await rm(join(copy, 'dlib_resnet.onnx'));
  await assert.rejects(loadModels(copy), {
    message: /dlib_resnet\.onnx cannot be read \(ENOENT\).*npm run models/,
  });
});

test('a folder without a manifest is refused with the remedy', async () => {
  await assert.rejects(loadModels(join(folder, 'nowhere')), {
    message: /nowhere.manifest\.json cannot be read \(ENOENT\).*npm run models/,
  });
});

test('a manifest that is not JSON is refused', async () => {
  await writeFile(join(folder, 'manifest.json'), '{"models": [');
  await assert.rejects(loadModels(folder), { message: /manifest\.json is not JSON/ });
});

const badManifests: [what: string, edit: (entries: Entries) => unknown, message: RegExp][] = [
  ['has a field of no meaning', ([one]) => Object.assign(one!, { cavaet: '' }), /models\.0: .*cavaet/],
  [
    'leads out of its folder',
    ([one]) => Object.assign(one!, { file: '../m.onnx' }),
    /models\.0\.file: the bare name/,
  ],
  ['knows no such role', ([one]) => Object.assign(one!, { role: 'liveness' }), /models\.0\.role/],
  ['has no embedder', (entries) => entries.pop(), /no model has the role embedder/],
  [
    'has two models of one role',
    (entries) => entries.push({ ...entries[1], id: 'other', file: 'other.onnx' }),
    /two models have the role mesh/,
  ],
  [
    'has two models of one id',
    ([one, two]) => Object.assign(two!, { id: one!.id }),
    /two models have the id blazeface-back/,
  ],
  [
    'has a rate curve that falls',
    ([, , embedder]) =>
      Object.assign(embedder!, {
        calibration: {
          rateCurve: [
            [0, 50],
            [1, 40],
          ],
          verify: { threshold: 0.9, falseMatchRate: 0.001 },
          identify: { threshold: 0.9 },
        },
      }),
    /rateCurve: points must rise/,
  ],
  [
    'has false matches that rise with the score',
    ([, , embedder]) =>
      Object.assign(embedder!.calibration as object, {
        falseMatches: {
          points: [
            [0.5, 1e-4],
            [0.6, 1e-3],
          ],
          comparisons: 1000,
          measuredOn: 'nothing',
        },
      }),
    /falseMatches\.points: scores must rise and rates fall/,
  ],
  [
    'gives two means for three channels',
    ([one]) => Object.assign(one!, { input: { ...(one!.input as object), mean: [0, 0] } }),
    /one value a channel/,
  ],
];

for (const [what, edit, message] of badManifests) {
  test(`a manifest that ${what} is refused`, async () => {
    const models = await strictEntries();
    edit(models);
    await writeFile(join(folder, 'manifest.json'), JSON.stringify({ models }));
    await assert.rejects(loadModels(folder), { message });
  });
}

test('a setting that is no built-in name is a folder', () => {
  assert.equal(modelsFolder('./somewhere'), resolve('somewhere'));
  assert.throws(() => modelsFolder(''), { message: /give default, strict or a folder/ });
});
