// Cold start and idle memory: `npx tsx bench/start.ts`, after `npm ci`. Linux only, since it reads /proc.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const runs = 7;
const program = new URL('../bin/lethe', import.meta.url).pathname;

/** Process start to the first 200 of /readyz, ms, and resident memory two seconds later, MB. */
async function measureStart(): Promise<{ readyMs: number; idleMb: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-bench-'));
  const startedAt = performance.now();
  const server = spawn(process.execPath, [program, 'serve', '--data', join(folder, 'data'), '--port', '0']);
  try {
    const url = await new Promise<string>((resolve) => {
      server.stdout.setEncoding('utf8').on('data', (text: string) => {
        const [, found] = /listens on (\S+)/.exec(text) ?? [];
        if (found !== undefined) resolve(found);
      });
    });
    while ((await fetch(new URL('/readyz', url))).status !== 200) await pause(5);
    const readyMs = performance.now() - startedAt;
    await pause(2_000);
    const [, kb] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8')) ?? [];
    return { readyMs, idleMb: Number(kb) / 1024 };
  } finally {
    server.kill();
    await new Promise((resolve) => server.once('exit', resolve));
    rmSync(folder, { recursive: true, force: true });
  }
}

const measured = [];
for (let run = 0; run < runs; run++) measured.push(await measureStart());

const describe = (values: number[]): string => {
  const sorted = values.toSorted((a, b) => a - b).map((value) => value.toFixed(0));
  return `${sorted[0]} | ${sorted[runs >> 1]} | ${sorted[runs - 1]}`;
};
console.log(`${cpus()[0]!.model}, ${cpus().length} cores, Node ${process.version}, ${runs} runs

| figure | min | median | max |
|---|---|---|---|
| process start to /readyz 200, ms | ${describe(measured.map(({ readyMs }) => readyMs))} |
| idle resident memory, MB | ${describe(measured.map(({ idleMb }) => idleMb))} |`);
