// Puts what a benchmark printed into docs/performance.md, between the markers of its name.
import { readFile, writeFile } from 'node:fs/promises';

const document = new URL('../docs/performance.md', import.meta.url);

/** @throws {Error} where the document has no such markers */
export async function writeSection(name: string, text: string): Promise<void> {
  const present = await readFile(document, 'utf8');
  const [begin, end] = [`<!-- bench ${name} -->`, `<!-- end of bench ${name} -->`];
  const from = present.indexOf(begin);
  const to = present.indexOf(end);
  if (from === -1 || to < from) throw new Error(`docs/performance.md has no ${begin} before ${end}`);
  await writeFile(document, `${present.slice(0, from + begin.length)}\n\n${text}\n\n${present.slice(to)}`);
}
