// What a setting is, and the kinds of value that settings take.
import { isIP } from 'node:net';
import * as z from 'zod';

export interface Setting<Schema extends z.ZodType = z.ZodType> {
  /** As commander writes it; settings without a flag are secrets, which a process list would show. */
  readonly flag?: string;
  readonly variable: `LETHE_${string}`;
  /** Reads the text given, or undefined when nothing was given. */
  readonly schema: Schema;
  /** Completes "accepts …". */
  readonly accepts: string;
  readonly sentence: string;
  /** May be given several times as a flag, or separated by commas in the variable. */
  readonly isRepeatable?: boolean;
}

/** Keeps what the schema puts out, which is the type of the setting. */
export const declare = <Schema extends z.ZodType>(setting: Setting<Schema>): Setting<Schema> => setting;

/** What holds where nothing is given, as a person would write it; empty where that is nothing. */
export function writeDefault({ schema }: Setting): string {
  const { data } = schema.safeParse(undefined);
  if (data === undefined) return '';
  return typeof data === 'boolean' ? (data ? 'yes' : 'no') : String(data);
}

export const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.int().min(least).max(most));

/** A share of comparisons or searches: 0.01 or 1e-4. */
export const share = (least: number, most: number) =>
  z
    .string()
    .regex(/^(\d{1,3}|\d{0,3}\.\d{1,20})(e-?\d{1,2})?$/i)
    .transform(Number)
    .pipe(z.number().min(least).max(most));

export const filePath = z.string().min(1);

/** A CIDR: 10.0.0.0/8 or fd00::/8. */
export const addressRange = z.string().refine((text) => {
  const [address = '', prefix = '', ...rest] = text.split('/');
  const version = isIP(address);
  return (
    version !== 0 &&
    rest.length === 0 &&
    /^\d{1,3}$/.test(prefix) &&
    Number(prefix) <= (version === 4 ? 32 : 128)
  );
});

export const port = (preset: number) => ({
  schema: wholeNumber(0, 65_535).default(preset),
  accepts: 'a whole number from 0 (any free port) to 65535',
});

export const accessKeyId = {
  schema: z
    .string()
    .regex(/^[A-Za-z0-9._-]{4,64}$/)
    .optional(),
  accepts: '4 to 64 letters, digits, dots, _ and -',
};

export const accessKeySecret = {
  schema: z
    .string()
    .regex(/^[\x21-\x7e]{8,256}$/)
    .optional(),
  accepts: '8 to 256 printable ASCII characters',
};

export const securityToken = {
  schema: z
    .string()
    .regex(/^[\x21-\x7e]{1,4096}$/)
    .optional(),
  accepts: '1 to 4096 printable ASCII characters',
};
