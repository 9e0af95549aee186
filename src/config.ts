// Every setting once: its flag, its variable, what it accepts, its default and a sentence about it.
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
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

const declare = <Schema extends z.ZodType>(setting: Setting<Schema>): Setting<Schema> => setting;

const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.int().min(least).max(most));

/** A share of comparisons or searches: 0.01 or 1e-4. */
const share = (least: number, most: number) =>
  z
    .string()
    .regex(/^(\d{1,3}|\d{0,3}\.\d{1,20})(e-?\d{1,2})?$/i)
    .transform(Number)
    .pipe(z.number().min(least).max(most));

const portNumber = wholeNumber(0, 65_535);
const filePath = z.string().min(1);

function isCidr(text: string): boolean {
  const [address = '', prefix = '', ...rest] = text.split('/');
  const version = isIP(address);
  return (
    version !== 0 &&
    rest.length === 0 &&
    /^\d{1,3}$/.test(prefix) &&
    Number(prefix) <= (version === 4 ? 32 : 128)
  );
}

export const settings = {
  data: declare({
    flag: '--data <dir>',
    variable: 'LETHE_DATA',
    schema: filePath.default('lethe-data'),
    accepts: 'a folder; it is made when missing',
    sentence: 'Folder that holds the library',
  }),
  rootKey: declare({
    flag: '--root-key <file>',
    variable: 'LETHE_ROOT_KEY',
    schema: filePath.optional(),
    accepts: 'a file of 32 random bytes that only its owner can read',
    sentence:
      'File of the root key that wraps every data key; made beside the data folder as DIR.root-key when no root key is given',
  }),
  rootKeyHex: declare({
    variable: 'LETHE_ROOT_KEY_HEX',
    schema: z
      .string()
      .regex(/^[0-9a-fA-F]{64}$/)
      .optional(),
    accepts: '64 hexadecimal digits',
    sentence: 'The root key itself, instead of a file; a variable only, since a process list shows flags',
  }),
  rootKeyCommand: declare({
    flag: '--root-key-command <command>',
    variable: 'LETHE_ROOT_KEY_COMMAND',
    schema: z.string().min(1).max(4_096).optional(),
    accepts: 'a program and its arguments; it prints 32 bytes, as they are, in hexadecimal or in base64',
    sentence:
      'Command that prints the root key, instead of a file; run once, without a shell, for a key service',
  }),
  backupMaxAge: declare({
    flag: '--backup-max-age <days>',
    variable: 'LETHE_BACKUP_MAX_AGE',
    // The ledger of what was erased reaches two days further back than this.
    schema: wholeNumber(1, 90).default(30),
    accepts: 'a whole number of days from 1 to 90',
    sentence: 'How old a backup of the keys `lethe restore` may take',
  }),
  host: declare({
    flag: '--host <address>',
    variable: 'LETHE_HOST',
    schema: z.string().min(1).default('127.0.0.1'),
    accepts: 'an address or host name to listen on',
    sentence: 'Address to listen on',
  }),
  port: declare({
    flag: '--port <number>',
    variable: 'LETHE_PORT',
    schema: portNumber.default(8080),
    accepts: 'a whole number from 0 (any free port) to 65535',
    sentence: 'Port for HTTP',
  }),
  tlsPort: declare({
    flag: '--tls-port <number>',
    variable: 'LETHE_TLS_PORT',
    schema: portNumber.default(8443),
    accepts: 'a whole number from 0 (any free port) to 65535',
    sentence: 'Port for HTTPS, opened when a certificate is given',
  }),
  tlsCert: declare({
    flag: '--tls-cert <file>',
    variable: 'LETHE_TLS_CERT',
    schema: filePath.optional(),
    accepts: 'a PEM file; --tls-key goes with it',
    sentence: 'Certificate chain for HTTPS',
  }),
  tlsKey: declare({
    flag: '--tls-key <file>',
    variable: 'LETHE_TLS_KEY',
    schema: filePath.optional(),
    accepts: 'a PEM file; --tls-cert goes with it',
    sentence: "The certificate's private key",
  }),
  models: declare({
    flag: '--models <set>',
    variable: 'LETHE_MODELS',
    schema: z.string().min(1).default('default'),
    accepts: 'default, strict, or a folder with a manifest.json',
    sentence: 'Models to recognise faces with: the default set, those with strict licences only, or your own',
  }),
  verifyFmr: declare({
    flag: '--verify-fmr <rate>',
    variable: 'LETHE_VERIFY_FMR',
    schema: share(1e-9, 0.1).optional(),
    accepts: 'a rate from 1e-9 to 0.1, such as 1e-4',
    sentence:
      "False-match rate of 1:1: how often two strangers may be taken for one person; the models' own threshold when not given",
  }),
  identifyFpir: declare({
    flag: '--identify-fpir <rate>',
    variable: 'LETHE_IDENTIFY_FPIR',
    schema: share(1e-9, 0.5).optional(),
    accepts: 'a rate from 1e-9 to 0.5, such as 0.01',
    sentence:
      "False-positive identification rate of 1:N: how often a search for somebody who is not enrolled may list anybody; the threshold rises with the faces searched. The models' own fixed threshold when not given",
  }),
  workers: declare({
    flag: '--workers <number>',
    variable: 'LETHE_WORKERS',
    schema: wholeNumber(1, 256).default(availableParallelism()),
    accepts: 'a whole number from 1 to 256',
    sentence: 'Threads that run the models (one a core when not given)',
  }),
  search: declare({
    flag: '--search <mode>',
    variable: 'LETHE_SEARCH',
    schema: z.enum(['fast', 'exact']).default('fast'),
    accepts: 'fast or exact',
    sentence:
      'Compare a face with the templates whose signs are nearest to its own, or with every template of the group',
  }),
  quota: declare({
    flag: '--quota <mode>',
    variable: 'LETHE_QUOTA',
    schema: z.enum(['cloud', 'off']).default('cloud'),
    accepts: 'cloud or off',
    sentence: "Throttle each operation at the cloud's calls a second, or not at all",
  }),
  retention: declare({
    flag: '--retention <rule>',
    variable: 'LETHE_RETENTION',
    schema: z.enum(['cloud', 'off']).default('cloud'),
    accepts: 'cloud or off',
    sentence:
      "Clear groups that were not searched for a year, as the cloud does, or none by default; a group's own policy (lethe retention set) goes before it",
  }),
  strictConsent: declare({
    flag: '--strict-consent [answer]',
    variable: 'LETHE_STRICT_CONSENT',
    // Commander reads the bare flag as true.
    schema: z
      .union([z.literal(true), z.enum(['yes', 'no'])])
      .default('no')
      .transform((answer) => answer !== 'no'),
    accepts: 'yes (also the bare flag) or no',
    sentence: 'Refuse AddFaces for persons without a consent that is recorded and has not ended',
  }),
  keepPhotos: declare({
    flag: '--keep-photos <what>',
    variable: 'LETHE_KEEP_PHOTOS',
    schema: z.enum(['none', 'crop', 'original']).default('none'),
    accepts: 'none, crop or original',
    sentence:
      'What to keep of the pictures that faces are enrolled from, sealed: nothing, the face and what surrounds it, or the file as it came',
  }),
  publicUrl: declare({
    flag: '--public-url <url>',
    variable: 'LETHE_PUBLIC_URL',
    schema: z
      .url({ protocol: /^https?$/ })
      .refine((url) => !/[?#]/.test(url))
      .transform((url) => url.replace(/\/+$/, ''))
      .optional(),
    accepts: 'an http or https URL without a query',
    sentence:
      'Where callers reach this server: URLs of kept photographs begin with it, and uploads go to its host; the address listened on, and the one called, when not given',
  }),
  sfaceGroup: declare({
    flag: '--sface-group <id>',
    variable: 'LETHE_SFACE_GROUP',
    schema: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,32}$/)
      .optional(),
    accepts: 'the id of a group',
    sentence: "Group of the caller's account that the scene sface searches; the scene is closed without it",
  }),
  maxClockSkew: declare({
    flag: '--max-clock-skew <seconds>',
    variable: 'LETHE_MAX_CLOCK_SKEW',
    schema: wholeNumber(1, 86_400).default(900),
    accepts: 'a whole number of seconds from 1 to 86400',
    sentence: "How far a caller's clock may be off",
  }),
  allowFetchFrom: declare({
    flag: '--allow-fetch-from <cidr>',
    variable: 'LETHE_ALLOW_FETCH_FROM',
    schema: z.array(z.string().refine(isCidr)).default([]),
    accepts: 'an address range such as 10.0.0.0/8 or fd00::/8; several are allowed',
    sentence:
      'Private addresses that pictures may be fetched from and callbacks sent to; all are refused otherwise',
    isRepeatable: true,
  }),
  uploadMemory: declare({
    flag: '--upload-memory <megabytes>',
    variable: 'LETHE_UPLOAD_MEMORY',
    // At least one picture of the largest size.
    schema: wholeNumber(24, 65_536).default(128),
    accepts: 'a whole number of megabytes from 24 to 65536',
    sentence:
      'Memory that the uploads of one account may take while they wait to be used; all accounts together take four times as much at most',
  }),
  allowUnprotectedBody: declare({
    flag: '--allow-unprotected-body <answer>',
    variable: 'LETHE_ALLOW_UNPROTECTED_BODY',
    schema: z
      .enum(['yes', 'no'])
      .default('no')
      .transform((answer) => answer === 'yes'),
    accepts: 'yes or no',
    sentence:
      "Accept the Java SDK's ACS3 requests, whose signature does not cover the body: anyone on the way can change what is asked",
  }),
  logLevel: declare({
    flag: '--log-level <level>',
    variable: 'LETHE_LOG_LEVEL',
    schema: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
    accepts: 'silent, error, warn, info or debug',
    sentence: 'What is written to standard error, as JSON lines without personal data',
  }),
  accessKeyId: declare({
    variable: 'LETHE_ACCESS_KEY_ID',
    schema: z
      .string()
      .regex(/^[A-Za-z0-9._-]{4,64}$/)
      .optional(),
    accepts: '4 to 64 letters, digits, dots, _ and -',
    sentence: 'AccessKey id: seeds the first key of a new library, and signs the calls of `lethe call`',
  }),
  accessKeySecret: declare({
    variable: 'LETHE_ACCESS_KEY_SECRET',
    schema: z
      .string()
      .regex(/^[\x21-\x7e]{8,256}$/)
      .optional(),
    accepts: '8 to 256 printable ASCII characters',
    sentence: "The AccessKey's secret; a variable only, since a process list shows flags",
  }),
  securityToken: declare({
    variable: 'LETHE_SECURITY_TOKEN',
    schema: z
      .string()
      .regex(/^[\x21-\x7e]{1,4096}$/)
      .optional(),
    accepts: '1 to 4096 printable ASCII characters',
    sentence: 'Security token that goes with a temporary AccessKey, for `lethe call`; a variable only',
  }),
  endpoint: declare({
    flag: '--endpoint <url>',
    variable: 'LETHE_ENDPOINT',
    schema: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:8080'),
    accepts: 'an http or https URL',
    sentence: 'Server that `lethe call` and `lethe import` talk to',
  }),
  sourceAccessKeyId: declare({
    variable: 'LETHE_SOURCE_ACCESS_KEY_ID',
    schema: z
      .string()
      .regex(/^[A-Za-z0-9._-]{4,64}$/)
      .optional(),
    accepts: '4 to 64 letters, digits, dots, _ and -',
    sentence: 'AccessKey id for the service that `lethe import --from-green` reads',
  }),
  sourceAccessKeySecret: declare({
    variable: 'LETHE_SOURCE_ACCESS_KEY_SECRET',
    schema: z
      .string()
      .regex(/^[\x21-\x7e]{8,256}$/)
      .optional(),
    accepts: '8 to 256 printable ASCII characters',
    sentence: 'Its secret; a variable only, since a process list shows flags',
  }),
  sourceSecurityToken: declare({
    variable: 'LETHE_SOURCE_SECURITY_TOKEN',
    schema: z
      .string()
      .regex(/^[\x21-\x7e]{1,4096}$/)
      .optional(),
    accepts: '1 to 4096 printable ASCII characters',
    sentence: 'Security token that goes with it where it is a temporary one; a variable only',
  }),
  rate: declare({
    flag: '--rate <calls>',
    variable: 'LETHE_RATE',
    // A little under the cloud's 20 for each operation: help.aliyun.com/document_detail/70425.html.
    schema: wholeNumber(1, 1_000).default(18),
    accepts: 'a whole number of calls a second from 1 to 1000',
    sentence: 'How fast `lethe import --from-green` asks the service it reads, all operations together',
  }),
  atOnce: declare({
    flag: '--at-once <number>',
    variable: 'LETHE_AT_ONCE',
    // Enough to keep a server of some cores at work while pictures are read or fetched for the next.
    schema: wholeNumber(1, 64).default(8),
    accepts: 'a whole number from 1 to 64',
    sentence: 'Persons that `lethe import` enrols at a time',
  }),
} satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;

/** Where the root key may come from: one of these at a time. */
export const rootKeySources = ['rootKey', 'rootKeyHex', 'rootKeyCommand'] as const satisfies SettingName[];

export type Settings = { readonly [Name in SettingName]: z.output<(typeof settings)[Name]['schema']> };

export type RootKeySettings = Partial<Pick<Settings, (typeof rootKeySources)[number]>>;

/** A setting that cannot be used; the message names it and what it accepts, never the value of a secret. */
export class BadSetting extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BadSetting';
  }
}

/**
 * Reads the settings asked for, flags before variables before defaults.
 * @throws {BadSetting} for the first that is not usable
 */
export function readSettings<Name extends SettingName>(
  names: readonly Name[],
  flags: Readonly<Partial<Record<SettingName, string | readonly string[]>>>,
  variables: Readonly<Record<string, string | undefined>>,
): Pick<Settings, Name> {
  const read = names.map((name) => [name, readSetting(name, flags[name], variables)]);
  const values = Object.fromEntries(read) as Settings;
  if (
    ('tlsCert' in values || 'tlsKey' in values) &&
    (values.tlsCert === undefined) !== (values.tlsKey === undefined)
  ) {
    throw new BadSetting('--tls-cert and --tls-key go together: give both or neither');
  }
  const sources = rootKeySources.filter((name) => values[name] !== undefined);
  if (sources.length > 1) {
    throw new BadSetting(`${sources.map(labelOf).join(' and ')} each name a root key: give one of them`);
  }
  return values;
}

/** As a person would write it: the flag, or the variable where there is none. */
function labelOf(name: SettingName): string {
  const setting: Setting = settings[name];
  return setting.flag?.split(' ')[0] ?? setting.variable;
}

function readSetting(
  name: SettingName,
  flag: string | readonly string[] | undefined,
  variables: Readonly<Record<string, string | undefined>>,
): unknown {
  const setting: Setting = settings[name];
  const variable = variables[setting.variable] || undefined;
  const given = flag ?? (setting.isRepeatable ? variable?.split(',').map((part) => part.trim()) : variable);
  const result = setting.schema.safeParse(given);
  if (result.success) return result.data;
  const label = flag === undefined ? setting.variable : labelOf(name);
  const shown = setting.flag === undefined ? '' : ` ${JSON.stringify(given)} cannot be used;`;
  throw new BadSetting(`${label}:${shown} it accepts ${setting.accepts}`);
}
