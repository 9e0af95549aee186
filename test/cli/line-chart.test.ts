// Charts are whole SVG documents that say their axes, units and lines, and become PNGs of their size.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { drawChart } from '../../src/cli/line-chart.ts';
import { rasteriseSvg } from '../../src/images/rasterise.ts';

const svg = drawChart({
  title: 'Errors <by> score & size',
  x: { label: 'score', kind: 'linear', from: 0, to: 1 },
  y: { label: 'rate, logarithmic', kind: 'log', from: 1e-4, to: 1 },
  lines: [
    {
      name: 'FMR',
      points: [
        [0, 1],
        [0.5, 1e-2],
        [1, 0],
      ],
      colour: 0,
    },
    { points: [[1, 1e-4]], colour: 0, isDashed: true },
  ],
  marks: [{ at: 0.5, label: '1:1 from 0.500' }],
});
const words = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);

test('a chart names its axes, lines and marks, with a tick at each power of ten', () => {
  for (const word of [
    'Errors &lt;by&gt; score &amp; size',
    'score',
    'rate, logarithmic',
    'FMR',
    '1:1 from 0.500',
  ])
    assert.ok(words.includes(word), word);
  for (const tick of ['1', '0.1', '0.01', '1e-3', '1e-4', '0.2', '0.8'])
    assert.ok(words.includes(tick), tick);
});

test('a logarithmic axis spaces powers of ten evenly, and what is zero lies below the frame', () => {
  const [, line] = /<polyline points="([^"]+)"/.exec(svg)!;
  const heights = line!.split(' ').map((place) => Number(place.split(',')[1]));
  const [top, bottom] = [58, 462];
  assert.deepEqual(heights.slice(0, 2), [top, (top + bottom) / 2]);
  assert.ok(heights[2]! > bottom);
});

test('its picture has two pixels a unit, and no SVG from elsewhere can be read afterwards', async () => {
  const { format, width, height } = await sharp(await rasteriseSvg(svg, 2)).metadata();
  assert.deepEqual([format, width, height], ['png', 1680, 1040]);
  await assert.rejects(sharp(Buffer.from(svg)).metadata());
});
