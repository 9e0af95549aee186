// What NOTICE says must be what the built-in sets are made of.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { loadModels, modelsFolder } from '../../src/biometrics/models.ts';

const notice = (await readFile(new URL('../../NOTICE', import.meta.url), 'utf8')).replace(/\s+/g, ' ');

for (const set of ['default', 'strict']) {
  test(`NOTICE names each model of the ${set} set with its package and file`, async () => {
    const { all } = await loadModels(modelsFolder(set));
    for (const { id, source } of all) {
      assert.ok(notice.includes(`${id} (`) || notice.includes(`${id} and`), id);
      const [packageName = '', file = ''] = source.split(' ');
      assert.ok(notice.includes(`${packageName}, ${file}`), source);
    }
  });
}

test('NOTICE names the libraries whose licence asks for it', () => {
  for (const words of ['sharp', 'libvips is LGPL-3.0', 'onnxruntime-node'])
    assert.ok(notice.includes(words), words);
});

test('the strict set holds only what is Apache-2.0 or in the public domain', async () => {
  const { all } = await loadModels(modelsFolder('strict'));
  for (const { id, licence } of all) assert.match(licence, /^(Apache-2\.0|Public domain)/, id);
});
