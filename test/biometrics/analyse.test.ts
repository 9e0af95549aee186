// Faces are found on real photographs, and their templates tell people apart.
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import { modelsFolder } from '../../src/biometrics/models.ts';
import { openFaceAnalyser } from '../../src/biometrics/pool.ts';
import { pad, turn } from '../../src/biometrics/raster.ts';
import type { Box, FaceAnalyser, FoundFace, Picture } from '../../src/gallery/ports.ts';
import { decodePicture, openPicture } from '../../src/images/decode.ts';
import { Refusal } from '../../src/wire/errors.ts';

// Three women in sample1. The one on the right, whose face is the largest, stands again in the middle of sample3.
const photographs = new URL('../../models/photos/', import.meta.url);
const open = async (name: string): Promise<Picture> =>
  decodePicture(await readFile(new URL(name, photographs)));

let analyser: FaceAnalyser;
let [first, third]: FoundFace[][] = [];

before(async () => {
  analyser = await openFaceAnalyser({ folder: modelsFolder('default'), workers: 1 });
  first = await analyser.analyse(await open('sample1.jpg'));
  third = await analyser.analyse(await open('sample3.jpg'));
});
after(() => analyser.close());

const compare = (one: FoundFace, other: FoundFace): number =>
  one.template.reduce((sum, value, i) => sum + value * other.template[i]!, 0);
const lengthOf = ({ template }: FoundFace): number => Math.hypot(...template);

function crop({ pixels, width, scale }: Picture, box: Box): Picture {
  const [x, y] = [Math.round(box.x), Math.round(box.y)];
  const [cutWidth, cutHeight] = [Math.round(box.width), Math.round(box.height)];
  const cut = new Uint8Array(cutWidth * cutHeight * 3);
  for (let row = 0; row < cutHeight; row++) {
    const from = ((y + row) * width + x) * 3;
    cut.set(pixels.subarray(from, from + cutWidth * 3), row * cutWidth * 3);
  }
  return { pixels: cut, width: cutWidth, height: cutHeight, scale };
}

const noFace = async (picture: Picture) => assert.deepEqual(await analyser.analyse(picture), []);

test('every face of a photograph is found, largest first', () => {
  const areas = first!.map(({ box }) => box.width * box.height);
  assert.equal(areas.length, 3);
  assert.deepEqual(
    areas,
    areas.toSorted((a, b) => b - a),
  );
  const centres = first!.map(({ box }) => [box.x + box.width / 2, box.y + box.height / 2]);
  for (const [i, [x, y]] of [
    [1565, 346],
    [503, 500],
    [932, 562],
  ].entries()) {
    assert.ok(Math.hypot(centres[i]![0]! - x!, centres[i]![1]! - y!) < 40, `${centres[i]} is not ${x}, ${y}`);
  }
});

test('a template is a vector of unit length, of the dimensions the analyser states', () => {
  for (const face of [...first!, ...third!]) {
    assert.equal(face.template.length, analyser.dimensions);
    assert.ok(Math.abs(lengthOf(face) - 1) < 1e-6);
  }
});

test('the same woman matches herself on another photograph, and nobody else matches', () => {
  const { verify } = analyser.calibration;
  const scores = first!.map((one) => third!.map((other) => compare(one, other)));
  assert.ok(scores[0]![0]! > 0.65, `she scores ${scores[0]![0]}`);
  for (const score of [...scores[0]!.slice(1), ...scores[1]!, ...scores[2]!])
    assert.ok(score < verify.threshold, `two women score ${score}`);
});

test('pose tells tilted heads from upright ones', () => {
  // On sample1 the woman on the right leans far to her left, the one in the middle to her right.
  const rolls = first!.map(({ pose }) => pose.roll);
  assert.ok(rolls[0]! > 30 && rolls[0]! < 60, `right: ${rolls[0]}`);
  assert.ok(Math.abs(rolls[1]!) < 10, `left: ${rolls[1]}`);
  assert.ok(rolls[2]! < -15 && rolls[2]! > -45, `middle: ${rolls[2]}`);
  for (const { pose } of [...first!, ...third!]) {
    assert.ok(Math.abs(pose.yaw) < 60, `yaw ${pose.yaw}`);
    assert.ok(Math.abs(pose.pitch) < 45, `pitch ${pose.pitch}`);
  }
});

test('a mirrored face looks the other way', async () => {
  const { pixels, width, height, scale } = await open('sample1.jpg');
  const mirrored = new Uint8Array(pixels.length);
  for (let i = 0; i < width * height; i++) {
    const to = i - (i % width) + (width - 1 - (i % width));
    mirrored.set(pixels.subarray(3 * i, 3 * i + 3), 3 * to);
  }
  const faces = await analyser.analyse({ pixels: mirrored, width, height, scale });
  for (const face of first!) {
    const twin = faces.find((one) => compare(one, face) > 0.9);
    assert.ok(twin, 'a mirrored face is still the same person');
    assert.ok(Math.abs(twin.pose.yaw + face.pose.yaw) < 8, `yaw ${face.pose.yaw}, mirrored ${twin.pose.yaw}`);
    assert.ok(Math.abs(twin.pose.roll + face.pose.roll) < 8);
    assert.ok(Math.abs(twin.pose.pitch - face.pose.pitch) < 8);
  }
});

test('quality is between 0 and 1, and a blurred face is less sharp', async () => {
  for (const { quality, confidence } of [...first!, ...third!]) {
    for (const value of [...Object.values(quality), confidence]) assert.ok(value >= 0 && value <= 1);
    assert.ok(quality.sharpness > 0.3, `sharpness ${quality.sharpness}`);
    assert.equal(quality.integrity, 1);
  }
  const picture = await open('sample3.jpg');
  const { pixels, width } = picture;
  const blurred = pixels.slice();
  for (let i = 12 * width; i < pixels.length - 12 * width; i++) {
    let sum = 0;
    for (let step = -4; step <= 4; step++) sum += pixels[i + 9 * step]! + pixels[i + 3 * step * width]!;
    blurred[i] = sum / 18;
  }
  const [face] = await analyser.analyse({ ...picture, pixels: blurred });
  assert.ok(face!.quality.sharpness < third![0]!.quality.sharpness / 2);
});

test('attributes come only where they are asked for', async () => {
  assert.ok(first!.every((face) => !('attributes' in face)));
  const faces = await analyser.analyse(await open('sample1.jpg'), { attributes: true });
  const [right, ...others] = faces.map(({ attributes }) => attributes!);
  // She laughs; all three are women.
  assert.ok(right!.smile > 0.9);
  for (const { gender, age, smile } of [right!, ...others]) {
    assert.equal(gender.value, 'female');
    assert.ok(gender.probability >= 0.5 && gender.probability <= 1);
    assert.ok(age > 15 && age < 60);
    assert.ok(smile >= 0 && smile <= 1);
  }
});

test('no more faces are answered than wanted', async () => {
  const faces = await analyser.analyse(await open('sample1.jpg'), { maxFaces: 1 });
  assert.equal(faces.length, 1);
  assert.ok(compare(faces[0]!, first![0]!) > 0.99);
});

test('boxes are in pixels of the photograph, however it was shrunk when it was decoded', async () => {
  const [face] = await analyser.analyse({ ...(await open('sample1.jpg')), scale: 2 });
  const { box } = first![0]!;
  assert.deepEqual(face!.box, {
    x: 2 * box.x,
    y: 2 * box.y,
    width: 2 * box.width,
    height: 2 * box.height,
  });
});

test('a picture without a face has none', async () => {
  const photograph = await open('sample1.jpg');
  await noFace(crop(photograph, { x: 0, y: 0, width: 300, height: 300 }));
  await noFace({ pixels: new Uint8Array(640 * 480 * 3).fill(200), width: 640, height: 480, scale: 1 });
  const noise = Uint8Array.from({ length: 300 * 200 * 3 }, (_value, i) => (i * 2654435761) >>> 24);
  await noFace({ pixels: noise, width: 300, height: 200, scale: 1 });
});

test('pictures of a single pixel, row or column have no face and do no harm', async () => {
  for (const [width, height] of [
    [1, 1],
    [1, 2000],
    [2000, 1],
    [3, 2],
  ] as const)
    await noFace({ pixels: new Uint8Array(width * height * 3), width, height, scale: 1 });
});

for (const turnedBy of [90, 180, 270] as const) {
  test(`a photograph turned by ${turnedBy} degrees still shows its faces`, async () => {
    const photograph = await open('sample3.jpg');
    const faces = await analyser.analyse({ ...turn(photograph, (turnedBy / 90) as 1 | 2 | 3), scale: 1 });
    assert.equal(faces.length, 3);
    for (const [i, face] of faces.entries()) {
      assert.ok(compare(face, third![i]!) > 0.9, `face ${i}: ${compare(face, third![i]!)}`);
      const turned = face.pose.roll - third![i]!.pose.roll - turnedBy;
      assert.ok(Math.abs(turned - 360 * Math.round(turned / 360)) < 10, `face ${i} rolls ${face.pose.roll}`);
    }
    // Where the middle of the largest face has gone.
    const { box } = third![0]!;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const [expectedX, expectedY] = {
      90: [photograph.height - y, x],
      180: [photograph.width - x, photograph.height - y],
      270: [y, photograph.width - x],
    }[turnedBy];
    const found = faces[0]!.box;
    const distance = Math.hypot(
      found.x + found.width / 2 - expectedX!,
      found.y + found.height / 2 - expectedY!,
    );
    assert.ok(distance < 30, `${distance} pixels away`);
  });
}

test('a face that fills its picture is found', async () => {
  const photograph = await open('sample3.jpg');
  for (const [i, { box }] of third!.entries()) {
    const faces = await analyser.analyse(crop(photograph, box));
    assert.equal(faces.length, 1, `face ${i}`);
    assert.ok(compare(faces[0]!, third![i]!) > 0.8, `face ${i}: ${compare(faces[0]!, third![i]!)}`);
  }
});

test('a face whose picture ends at brows and chin is found, and is not whole', async () => {
  const { box } = third![0]!;
  const inner = {
    x: box.x + 0.06 * box.width,
    y: box.y + 0.22 * box.height,
    width: 0.88 * box.width,
    height: 0.8 * box.height,
  };
  const [face, ...others] = await analyser.analyse(crop(await open('sample3.jpg'), inner));
  assert.equal(others.length, 0);
  assert.ok(compare(face!, third![0]!) > 0.8);
  assert.ok(face!.quality.integrity < 0.9);
});

test('a small face in a large photograph is found where it is', async () => {
  const photograph = await open('sample1.jpg');
  const { width, height, ...surrounded } = pad(
    crop(photograph, { x: 1250, y: 60, width: 640, height: 600 }),
    640,
    600,
  );
  const [face, ...others] = await analyser.analyse({ ...surrounded, width, height, scale: 1 });
  assert.equal(others.length, 0);
  assert.ok(Math.abs(face!.box.x - (first![0]!.box.x - 1250 + 640)) < 40);
  assert.ok(compare(face!, first![0]!) > 0.9);
});

test('a picture is taken over: its pixels read zero, and nothing beside them', async () => {
  const own = await open('sample1.jpg');
  await analyser.analyse(own);
  assert.ok(own.pixels.every((value) => value === 0));
  const shared = new Uint8Array(40).fill(9);
  await analyser.analyse({ pixels: shared.subarray(2, 38), width: 4, height: 3, scale: 1 });
  assert.deepEqual([shared.length, shared[1], shared[2], shared[37], shared[38]], [40, 9, 0, 0, 9]);
});

const bytesOf = async (name: string): Promise<Uint8Array> =>
  new Uint8Array(await readFile(new URL(name, photographs)));
const refuse = () => Promise.reject(new Refusal('badFormat', 'it is damaged'));

// The only one of the photographs without a colour profile.
const plainJpeg = 'sample6.jpg';
const { width, height } = await open(plainJpeg);
const plainSize = { width, height };

test('a JPEG that is decoded where it is analysed shows the same faces, and reads zero afterwards', async () => {
  const jpeg = await bytesOf(plainJpeg);
  const found = await analyser.analyse({ jpeg, ...plainSize, scale: 1, decode: refuse });
  assert.ok(found.length > 0);
  assert.deepEqual(found, await analyser.analyse(await open(plainJpeg)));
  assert.ok(jpeg.every((value) => value === 0));
});

test('a JPEG that is decoded at half its size shows its faces where they are', async () => {
  const jpeg = await bytesOf(plainJpeg);
  const whole = await analyser.analyse(await open(plainJpeg));
  const half = await analyser.analyse({ jpeg, ...plainSize, scale: 2, decode: refuse });
  assert.ok(compare(half[0]!, whole[0]!) > 0.9);
  for (const side of ['x', 'y', 'width', 'height'] as const)
    assert.ok(Math.abs(half[0]!.box[side] - whole[0]!.box[side]) < 0.1 * whole[0]!.box.width, side);
});

test('small pictures that are looked at together show what each shows alone', async () => {
  const photograph = await bytesOf(plainJpeg);
  const jpegs = await Promise.all(
    [0, 90, 180].map((angle) => sharp(photograph).resize(640).rotate(angle).jpeg().toBuffer()),
  );
  const alone = [];
  for (const jpeg of jpegs) alone.push(await analyser.analyse(await decodePicture(new Uint8Array(jpeg))));
  const many = Array.from({ length: 18 }, (_, i) => i % jpegs.length);
  const together = await Promise.all(
    many.map(async (i) => {
      const picture = await openPicture(new Uint8Array(jpegs[i]!));
      assert.ok('jpeg' in picture && picture.width * picture.height <= 1_000_000);
      return analyser.analyse(picture);
    }),
  );
  for (const [at, i] of many.entries()) assert.deepEqual(together[at], alone[i], `picture ${i}`);
  assert.ok(alone.every((faces) => faces.length > 0));
});

test('a JPEG that cannot be decoded there is decoded here, or refused', async () => {
  const cut = async () => (await bytesOf(plainJpeg)).subarray(0, 100_000);
  const jpeg = await cut();
  assert.deepEqual(
    await analyser.analyse({ jpeg, ...plainSize, scale: 1, decode: () => open('sample1.jpg') }),
    first,
  );
  assert.ok(jpeg.every((value) => value === 0));
  await assert.rejects(
    analyser.analyse({ jpeg: await cut(), ...plainSize, scale: 1, decode: refuse }),
    (error) => error instanceof Refusal && error.refusal === 'badFormat',
  );
});

test('a picture smaller than it says is refused', async () => {
  const refused = (picture: Picture) =>
    assert.rejects(
      analyser.analyse(picture),
      (error) => error instanceof Refusal && error.refusal === 'algorithmFailed',
    );
  await refused({ pixels: new Uint8Array(11), width: 2, height: 2, scale: 1 });
  await refused({ pixels: new Uint8Array(0), width: 0, height: 0, scale: 1 });
  await refused({ pixels: new Uint8Array(12), width: -2, height: -2, scale: 1 });
  await refused({ pixels: new Uint8Array(12), width: 2, height: 2, scale: Number.NaN });
});

test('a job whose models cannot be loaded is refused, and the next succeeds', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lethe-broken-models-'));
  await cp(modelsFolder('default'), folder, { recursive: true });
  const broken = await openFaceAnalyser({ folder, workers: 1 });
  try {
    await rm(join(folder, 'emotion.onnx'));
    await assert.rejects(
      broken.analyse(await open('sample1.jpg'), { attributes: true }),
      (error) =>
        error instanceof Refusal &&
        error.refusal === 'algorithmFailed' &&
        error.message.includes('emotion.onnx'),
    );
    assert.equal((await broken.analyse(await open('sample1.jpg'))).length, 3);
  } finally {
    await broken.close();
    await rm(folder, { recursive: true });
  }
});

test('an analyser that is closed refuses', async () => {
  const closed = await openFaceAnalyser({ folder: modelsFolder('strict'), workers: 1 });
  await closed.close();
  await assert.rejects(closed.analyse(await open('sample1.jpg')), Refusal);
});
