// Every setting once: its flag, its variable, what it accepts, its default and a sentence about it.
import { availableParallelism } from 'node:os';
import * as z from 'zod';
import {
  accessKeyId,
  accessKeySecret,
  addressRange,
  declare,
  filePath,
  port,
  type Setting,
  securityToken,
  share,
  wholeNumber,
} from './setting.ts';

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
    ...port(8080),
    sentence: 'Port for HTTP',
  }),
  tlsPort: declare({
    flag: '--tls-port <number>',
    variable: 'LETHE_TLS_PORT',
    ...port(8443),
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
    schema: z.array(addressRange).default([]),
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
    ...accessKeyId,
    sentence: 'AccessKey id: seeds the first key of a new library, and signs the calls of `lethe call`',
  }),
  accessKeySecret: declare({
    variable: 'LETHE_ACCESS_KEY_SECRET',
    ...accessKeySecret,
    sentence: "The AccessKey's secret; a variable only, since a process list shows flags",
  }),
  securityToken: declare({
    variable: 'LETHE_SECURITY_TOKEN',
    ...securityToken,
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
    ...accessKeyId,
    sentence: 'AccessKey id for the service that `lethe import --from-green` reads',
  }),
  sourceAccessKeySecret: declare({
    variable: 'LETHE_SOURCE_ACCESS_KEY_SECRET',
    ...accessKeySecret,
    sentence: 'Its secret; a variable only, since a process list shows flags',
  }),
  sourceSecurityToken: declare({
    variable: 'LETHE_SOURCE_SECURITY_TOKEN',
    ...securityToken,
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
    // As many pictures as a server of up to eight cores has under way.
    schema: wholeNumber(1, 64).default(16),
    accepts: 'a whole number from 1 to 64',
    sentence: 'Persons that `lethe import` enrols at a time',
  }),
} satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;

/** Where the root key may come from: one of these at a time. */
export const rootKeySources = ['rootKey', 'rootKeyHex', 'rootKeyCommand'] as const satisfies SettingName[];

export type Settings = { readonly [Name in SettingName]: z.output<(typeof settings)[Name]['schema']> };

export type RootKeySettings = Partial<Pick<Settings, (typeof rootKeySources)[number]>>;
