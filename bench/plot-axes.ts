// Axes of the plots that reach over what was measured.
import type { Axis } from '../src/cli/line-chart.ts';

/** Linear ones begin at zero; logarithmic ones begin and end at powers of ten. */
export function axisOver(label: string, kind: Axis['kind'], values: readonly number[]): Axis {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (kind === 'log')
    return { label, kind, from: 10 ** Math.floor(Math.log10(least)), to: 10 ** Math.ceil(Math.log10(most)) };
  const unit = 10 ** Math.floor(Math.log10(most));
  const to = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((one) => one * unit).find((one) => one >= most * 1.02);
  return { label, kind, from: 0, to: to ?? unit * 20 };
}

/** Logarithmic, with room beside the least and the most. */
export function axisOfSizes(label: string, sizes: readonly number[]): Axis {
  return { label, kind: 'log', from: Math.min(...sizes) / 1.5, to: Math.max(...sizes) * 1.5 };
}
