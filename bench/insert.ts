// Templates a second from the call of the store to being searchable, each on disk before it counts.
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { openTemplateIndex } from '../src/search/template-index.ts';
import { openEmbeddedStore } from '../src/store/embedded.ts';
import { keySlotBytes } from '../src/store/key-file.ts';
import { recordSlotBytes } from '../src/store/record-file.ts';
import { defineBench } from './bench.ts';
import { timeMs } from './figures.ts';
import { dimensions, fillLibrary } from './library.ts';
import { TemporaryLibrary } from './server.ts';

/** 20 is the most that one AddFaces takes. */
const facesPerCall = [20, 4, 1];
/** Templates that the bare writes sync together: 64 callers with 20 each. */
const bareBatch = 1280;

export const bench = defineBench({
  sentence:
    'Templates a second through the store, durable and searchable, beside the bare writes of the same bytes.',
  minutes: { full: 3, short: 0.3 },
  options: { faces: ['100000', '10000', 'templates a run'] },
  async run(options, page) {
    const faces = Number(options.faces);
    page.say(`${faces} templates a run of ${dimensions} numbers, 64 callers.\n`);
    page.head([
      'templates a call',
      'templates a second',
      'CPU time each, µs',
      'bare writes and syncs of the same bytes, a second',
    ]);
    for (const perCall of facesPerCall) {
      const { aSecond, cpuUs, bareASecond } = await measure(faces, perCall);
      page.row([perCall, aSecond.toFixed(0), cpuUs.toFixed(0), bareASecond.toFixed(0)]);
    }
  },
});

async function measure(faces: number, facesPerPerson: number) {
  const library = new TemporaryLibrary();
  const store = await openEmbeddedStore({ folder: library.data, rootKey: library.rootKey });
  const index = await openTemplateIndex({ dimensions });
  try {
    const { facesS, facesCpuS } = await fillLibrary(store, {
      faces,
      facesPerPerson,
      groupsOf: () => ['group'],
      modelId: 'bench',
      onStored: (person, ids, templates) => {
        for (const [i, id] of ids.entries()) index.add(person, id, templates[i]!);
      },
    });
    const bareS = (await timeMs(() => writeBare(join(library.parent, 'bare'), faces))) / 1000;
    return { aSecond: faces / facesS, cpuUs: (facesCpuS / faces) * 1e6, bareASecond: faces / bareS };
  } finally {
    await index.close();
    await store.close();
    library.remove();
  }
}

/** As a program that did nothing else would append the same slots, synced batch by batch. */
async function writeBare(path: string, faces: number): Promise<void> {
  const file = await open(path, 'w');
  const batch = Buffer.alloc(bareBatch * (recordSlotBytes + keySlotBytes), 1);
  for (let written = 0; written < faces; written += bareBatch) {
    await file.write(batch);
    await file.datasync();
  }
  await file.close();
}
