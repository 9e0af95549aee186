// The faces of the demo's photographs, cut out of them: what the tests and the conformance scenario enrol.
import { readFile } from 'node:fs/promises';
import { cropFace } from '../../src/images/crop.ts';

/** Faces of the demo's photographs: sample1 shows left, middle and right; sample3 shows right again, among strangers. */
export const portraits = {
  left: { photo: 'sample1.jpg', box: { x: 430, y: 370, width: 190, height: 250 } },
  middle: { photo: 'sample1.jpg', box: { x: 860, y: 430, width: 190, height: 240 } },
  right: { photo: 'sample1.jpg', box: { x: 1460, y: 210, width: 210, height: 250 } },
  rightAgain: { photo: 'sample3.jpg', box: { x: 1060, y: 190, width: 250, height: 310 } },
} as const;

export const photo = (name: string): Promise<Buffer> =>
  readFile(new URL(`../../models/photos/${name}`, import.meta.url));

export async function portrait(name: keyof typeof portraits): Promise<Buffer> {
  const { photo: file, box } = portraits[name];
  return cropFace(await photo(file), box, 0.3);
}
