// Draws lines over two axes, linear or logarithmic, as an SVG that reads on its own: axes, units, legend.

export interface Axis {
  readonly label: string;
  readonly kind: 'linear' | 'log';
  readonly from: number;
  readonly to: number;
}

export interface Line {
  /** In the legend; a line without a name carries on another's. */
  readonly name?: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Index into the palette. */
  readonly colour: number;
  readonly isDashed?: boolean;
  /** With a dot at each point: where they are few, or one. */
  readonly isDotted?: boolean;
}

export interface Chart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly Line[];
  /** Vertical lines with a word at their head; two at most find room for it, the left one first. */
  readonly marks?: readonly { readonly at: number; readonly label: string }[];
}

// Okabe and Ito's palette, told apart also by the colour-blind.
const palette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#555555', '#000000'];

const size = { width: 840, height: 520 };
const plot = { left: 76, top: 58, right: 610, bottom: 462 };

/** The whole SVG document, 840 x 520. Points outside the axes' ranges are cut off at the frame. */
export function drawChart({ title, x, y, lines, marks = [] }: Chart): string {
  const placeX = scaleOf(x, plot.left, plot.right);
  const placeY = scaleOf(y, plot.bottom, plot.top);
  const path = ({ points, colour, isDashed }: Line): string => {
    const places = points
      .map(([at, value]) => `${placeX(at).toFixed(1)},${placeY(value).toFixed(1)}`)
      .filter((place, i, all) => place !== all[i - 1]);
    const dashes = isDashed ? ' stroke-dasharray="6 4"' : '';
    return `<polyline points="${places.join(' ')}" fill="none" stroke="${colourOf(colour)}" stroke-width="2"${dashes}/>`;
  };
  const dots = ({ points, colour, isDotted = false }: Line): string[] =>
    points
      .filter(() => isDotted)
      .map(
        ([at, value]) =>
          `<circle cx="${placeX(at).toFixed(1)}" cy="${placeY(value).toFixed(1)}" r="3.5" fill="${colourOf(colour)}"/>`,
      );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" font-family="DejaVu Sans, Verdana, Arial, sans-serif" font-size="13" fill="#222">`,
    `<title>${escapeXml(title)}</title>`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    text(plot.left, 26, title, 'font-size="16" font-weight="bold"'),
    `<clipPath id="frame"><rect x="${plot.left}" y="${plot.top}" width="${plot.right - plot.left}" height="${plot.bottom - plot.top}"/></clipPath>`,
    ...ticksOf(x).map((tick) => gridLine(placeX(tick), plot.top, placeX(tick), plot.bottom)),
    ...ticksOf(y).map((tick) => gridLine(plot.left, placeY(tick), plot.right, placeY(tick))),
    ...ticksOf(x).map((tick) =>
      text(placeX(tick), plot.bottom + 20, formatTick(tick), 'text-anchor="middle"'),
    ),
    ...ticksOf(y).map((tick) =>
      text(plot.left - 8, placeY(tick) + 4.5, formatTick(tick), 'text-anchor="end"'),
    ),
    text((plot.left + plot.right) / 2, plot.bottom + 44, x.label, 'text-anchor="middle"'),
    `<g transform="translate(20 ${(plot.top + plot.bottom) / 2}) rotate(-90)">${text(0, 0, y.label, 'text-anchor="middle"')}</g>`,
    `<g clip-path="url(#frame)">${lines.flatMap((line) => [path(line), ...dots(line)]).join('\n')}</g>`,
    ...marks.flatMap(({ at, label }, i) => drawMark(placeX(at), label, i)),
    `<rect x="${plot.left}" y="${plot.top}" width="${plot.right - plot.left}" height="${plot.bottom - plot.top}" fill="none" stroke="#222"/>`,
    ...lines.filter(({ name }) => name !== undefined).map(drawLegend),
    '</svg>',
    '',
  ].join('\n');
}

const colourOf = (index: number): string => palette[index % palette.length]!;

/** Where a value of the axis stands, in pixels. What has no logarithm stands far outside the frame. */
function scaleOf({ kind, from, to }: Axis, start: number, end: number): (value: number) => number {
  const place = kind === 'log' ? (value: number) => Math.log10(Math.max(value, from / 1e3)) : Number;
  return (value) => start + ((place(value) - place(from)) / (place(to) - place(from))) * (end - start);
}

/** Powers of ten on a logarithmic axis, about eight round numbers on a linear one. */
function ticksOf({ kind, from, to }: Axis): number[] {
  if (kind === 'log') {
    const lowest = Math.ceil(Math.log10(from) - 1e-9);
    const count = Math.floor(Math.log10(to) + 1e-9) - lowest + 1;
    return Array.from({ length: count }, (_value, i) => Number(`1e${lowest + i}`));
  }
  const rough = (to - from) / 8;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * unit).find((one) => one >= rough)!;
  const first = Math.ceil(from / step - 1e-9);
  const count = Math.floor(to / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_value, i) => Number(((first + i) * step).toPrecision(6)));
}

const formatTick = (tick: number): string =>
  tick !== 0 && Math.abs(tick) < 0.01 ? tick.toExponential() : String(tick);

const gridLine = (x1: number, y1: number, x2: number, y2: number): string =>
  `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="#ddd"/>`;

function drawMark(x: number, label: string, index: number): string[] {
  const top = plot.top - 6;
  const [at, anchor] = index % 2 === 0 ? [x + 3, 'end'] : [x - 3, 'start'];
  return [
    `<line x1="${x.toFixed(1)}" y1="${top}" x2="${x.toFixed(1)}" y2="${plot.bottom}" stroke="#222" stroke-width="1" stroke-dasharray="2 3"/>`,
    text(at, top - 4, label, `font-size="11" text-anchor="${anchor}"`),
  ];
}

function drawLegend({ name, colour, isDashed }: Line, index: number): string {
  const y = plot.top + 10 + 22 * index;
  const dashes = isDashed ? ' stroke-dasharray="6 4"' : '';
  return [
    `<line x1="${plot.right + 14}" y1="${y}" x2="${plot.right + 42}" y2="${y}" stroke="${colourOf(colour)}" stroke-width="2"${dashes}/>`,
    text(plot.right + 48, y + 4.5, name!, 'font-size="12"'),
  ].join('');
}

const text = (x: number, y: number, words: string, attributes = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escapeXml(words)}</text>`;

const escapeXml = (words: string): string =>
  words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
