// The committed reference and OpenAPI document are what the declarations say, and every example holds.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { derivedFiles } from '../src/derive/documents.ts';
import { operations } from '../src/operations/index.ts';
import type { Operation } from '../src/operations/operation.ts';

for (const [path, text] of Object.entries(derivedFiles())) {
  test(`${path} is fresh (npm run derive writes it)`, async () => {
    assert.equal(await readFile(new URL(`../${path}`, import.meta.url), 'utf8'), text);
  });
}

for (const operation of operations as readonly Operation[]) {
  test(`the example of ${operation.action} fits its schemas`, () => {
    operation.request.parse(operation.example.request);
    assert.deepEqual(operation.response.parse(operation.example.response), operation.example.response);
  });
}

test('every operation has a path and an action of its own', () => {
  assert.equal(new Set(operations.map(({ path }) => path)).size, operations.length);
  assert.equal(new Set(operations.map(({ action }) => action)).size, operations.length);
});
