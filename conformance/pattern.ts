// The words of the scenario that stand for what only a run knows: names, pictures, ids given out, and ranges.

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };

/** Set out in `fill` and `differenceFrom`; an object with one key that begins with `$`. */
export type Pattern = Json;

/** A person's or group's id, made unique for the run. */
export const id = (name: string): Pattern => ({ $id: name });
/** A picture's URL. */
export const picture = (name: string): Pattern => ({ $picture: name });
/** What an earlier answer held, as it was, or as text. */
export const known = (name: string): Pattern => ({ $known: name });
export const knownAsText = (name: string): Pattern => ({ $knownAsText: name });
/** Any value of a kind; `keep` remembers it for later steps. */
export const any = (kind: 'text' | 'number' | 'object' | 'list', keep?: string): Pattern => ({
  $any: { kind, ...(keep === undefined ? {} : { keep }) },
});
export const between = (low: number, high: number): Pattern => ({ $between: [low, high] });
/** An object with these fields and perhaps others. */
export const having = (fields: { readonly [name: string]: Pattern }): Pattern => ({ $having: fields });
/** A list with these items among others. */
export const containing = (...items: Pattern[]): Pattern => ({ $containing: items });

/** What a run knows. */
export interface Knowledge {
  /** Before every name of a person or group. */
  readonly prefix: string;
  readonly pictureUrl: (name: string) => string;
  readonly kept: Map<string, Json>;
  /** Whether objects may hold more than the scenario says: the cloud's do. */
  readonly isLenient: boolean;
}

const isObject = (value: Json | undefined): value is { readonly [name: string]: Json | undefined } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const kindOf = (value: Json | undefined): string =>
  Array.isArray(value) ? 'list' : typeof value === 'string' ? 'text' : typeof value;

function wordOf(pattern: Pattern): [word: string, given: Json] | undefined {
  if (!isObject(pattern)) return undefined;
  const [first, ...others] = Object.entries(pattern);
  return first?.[0].startsWith('$') && others.length === 0 ? [first[0], first[1] ?? null] : undefined;
}

/** Replaces the words of a request, or of a pattern, that stand for one value; the others stay. */
export function fill(pattern: Pattern, knowledge: Knowledge): Json {
  const word = wordOf(pattern);
  if (word !== undefined) return fillWord(pattern, word, knowledge);
  if (Array.isArray(pattern)) return pattern.map((item: Json) => fill(item, knowledge));
  if (!isObject(pattern)) return pattern;
  return Object.fromEntries(
    Object.entries(pattern).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, fill(value, knowledge)]],
    ),
  );
}

function fillWord(pattern: Pattern, [word, given]: [string, Json], knowledge: Knowledge): Json {
  const { prefix, pictureUrl, kept } = knowledge;
  if (word === '$id') return `${prefix}${given}`;
  if (word === '$picture') return pictureUrl(String(given));
  if (word === '$known') return kept.get(String(given)) ?? null;
  if (word === '$knownAsText') return String(kept.get(String(given)));
  if (word === '$having' || word === '$containing') return { [word]: fill(given, knowledge) };
  return pattern;
}

const show = (value: Json | undefined): string =>
  value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 300);

/** In words, the first place where a value is not what the pattern says; undefined where it is. */
export function differenceFrom(
  pattern: Pattern,
  value: Json | undefined,
  knowledge: Knowledge,
  at = '',
): string | undefined {
  const filled = at === '' ? fill(pattern, knowledge) : pattern;
  const where = at === '' ? 'the answer' : at;
  const word = wordOf(filled);
  if (word !== undefined) return differenceFromWord(word, value, knowledge, where);
  if (Array.isArray(filled)) {
    if (!Array.isArray(value) || value.length !== filled.length) {
      return `${where}: ${filled.length} items, not ${show(value)}`;
    }
    return firstOf(filled, (item: Json, i) => differenceFrom(item, value[i], knowledge, `${where}[${i}]`));
  }
  if (!isObject(filled))
    return filled === value ? undefined : `${where}: ${show(filled)}, not ${show(value)}`;
  if (!isObject(value)) return `${where}: an object, not ${show(value)}`;
  const extra = Object.keys(value).find((name) => !(name in filled));
  if (extra !== undefined && !knowledge.isLenient)
    return `${where}.${extra}: nothing, not ${show(value[extra])}`;
  return differenceInFields(filled, value, knowledge, where);
}

const differenceInFields = (
  fields: { readonly [name: string]: Json | undefined },
  value: { readonly [name: string]: Json | undefined },
  knowledge: Knowledge,
  where: string,
): string | undefined =>
  firstOf(Object.entries(fields), ([name, one]) =>
    differenceFrom(one ?? null, value[name], knowledge, `${where}.${name}`),
  );

function differenceFromWord(
  [word, given]: [string, Json],
  value: Json | undefined,
  knowledge: Knowledge,
  where: string,
): string | undefined {
  if (word === '$any') {
    const { kind, keep } = given as { kind: string; keep?: string };
    if (kindOf(value) !== kind) return `${where}: any ${kind}, not ${show(value)}`;
    if (keep !== undefined) knowledge.kept.set(keep, value as Json);
    return undefined;
  }
  if (word === '$between') {
    const [low, high] = given as [number, number];
    const isWithin = typeof value === 'number' && low <= value && value <= high;
    return isWithin ? undefined : `${where}: from ${low} to ${high}, not ${show(value)}`;
  }
  if (word === '$having') {
    if (!isObject(value) || !isObject(given)) return `${where}: an object, not ${show(value)}`;
    return differenceInFields(given, value, knowledge, where);
  }
  if (word === '$containing' && Array.isArray(given)) {
    const items: readonly Json[] = Array.isArray(value) ? value : [];
    return firstOf(given as readonly Json[], (wanted) =>
      items.some((item) => differenceFrom(wanted, item, knowledge, where) === undefined)
        ? undefined
        : `${where}: ${show(wanted)} among others, not ${show(value)}`,
    );
  }
  throw new Error(`the scenario says ${word}, which nothing reads`);
}

function firstOf<Item>(
  items: readonly Item[],
  find: (item: Item, at: number) => string | undefined,
): string | undefined {
  for (const [at, item] of items.entries()) {
    const found = find(item, at);
    if (found !== undefined) return found;
  }
  return undefined;
}
