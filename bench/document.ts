// Puts what a benchmark said between the markers of its name in a page of the docs, and its plots beside that page.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** @throws {Error} where the document has no such markers */
export async function writeSection(
  document: string,
  name: string,
  text: string,
  plots: ReadonlyMap<string, string>,
): Promise<void> {
  const present = await readFile(document, 'utf8');
  const [begin, end] = [`<!-- bench ${name} -->`, `<!-- end of bench ${name} -->`];
  const from = present.indexOf(begin);
  const to = present.indexOf(end);
  if (from === -1 || to < from) throw new Error(`${document} has no ${begin} before ${end}`);
  const folder = join(dirname(document), 'plots');
  await mkdir(folder, { recursive: true });
  for (const [plot, svg] of plots) await writeFile(join(folder, `${plot}.svg`), svg);
  await writeFile(
    document,
    `${present.slice(0, from + begin.length)}\n\n${text.trim()}\n\n${present.slice(to)}`,
  );
}
