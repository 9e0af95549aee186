// The official clients, each from its own registry at a pinned version, and what is particular to one.
import { readFileSync } from 'node:fs';
import type { RefusalName } from '../src/wire/errors.ts';
import type { Command } from './driver.ts';
import { folder, goDriver, javaDriver, type Language, nodeDriver, pythonDriver } from './toolchains.ts';

export interface Client {
  /** Heading of its column. */
  readonly name: string;
  /** As in its registry, with their versions. */
  readonly packages: string;
  readonly language: Language;
  readonly signature: 'roa' | 'acs3';
  /** Signs the digest of an empty body, whatever it sends. */
  readonly isBodyUnprotected?: boolean;
  readonly command: Command;
  /** Class (or name) of the error that its user catches. */
  readonly errorClass: (code: string, status: number) => string;
  /** What it makes of a refusal in other words than the gateway's. */
  readonly rewrites?: Partial<Record<RefusalName, { code?: string; message?: string; hint?: string }>>;
}

/** Versions stand in the files that install them. */
function pinned(file: string, pattern: RegExp): string {
  const version = pattern.exec(readFileSync(new URL(file, folder), 'utf8'))?.[1];
  if (version === undefined) throw new Error(`${file} pins no ${pattern}`);
  return version;
}

const npm = (name: string) => pinned('../package.json', new RegExp(`"@alicloud/${name}": "([^"]+)"`));
const maven = (name: string) =>
  pinned('java/pom.xml', new RegExp(`<artifactId>${name}</artifactId>\\s*<version>([^<]+)`));
const pypi = (name: string) => pinned('python/requirements.txt', new RegExp(`${name}==(\\S+)`));

const openapiPackages = (name: string) => `@alicloud/${name} ${npm(name)}`;
const javaPackages = `aliyun-java-sdk-core ${maven('aliyun-java-sdk-core')} with aliyun-java-sdk-green ${maven('aliyun-java-sdk-green')}`;
const javaErrorClass = (_: string, status: number) => (status >= 500 ? 'ServerException' : 'ClientException');

const openapiCoreErrorClass = (code: string, status: number) =>
  code.includes('Throttling') ? 'ThrottlingError' : status >= 500 ? 'ServerError' : 'ClientError';

export const clients: readonly Client[] = [
  {
    name: 'Node pop-core',
    packages: `@alicloud/pop-core ${npm('pop-core')}`,
    language: 'Node',
    signature: 'roa',
    command: nodeDriver('node/pop-core.ts'),
    errorClass: (code) => `${code}Error`,
  },
  ...(['acs3', 'roa'] as const).map(
    (signature): Client => ({
      name: `Node openapi-client, ${signature.toUpperCase()}`,
      packages: openapiPackages('openapi-client'),
      language: 'Node',
      signature,
      command: nodeDriver('node/openapi.ts', 'openapi-client', signature),
      // It calls it ResponseError, but what its user catches has lost the class.
      errorClass: () => 'Error',
    }),
  ),
  ...(['acs3', 'roa'] as const).map(
    (signature): Client => ({
      name: `Node openapi-core, ${signature.toUpperCase()}`,
      packages: openapiPackages('openapi-core'),
      language: 'Node',
      signature,
      command: nodeDriver('node/openapi.ts', 'openapi-core', signature),
      errorClass: openapiCoreErrorClass,
    }),
  ),
  {
    name: 'Python',
    packages: `aliyun-python-sdk-core ${pypi('aliyun-python-sdk-core')} with aliyun-python-sdk-green ${pypi('aliyun-python-sdk-green')}`,
    language: 'Python',
    signature: 'roa',
    command: pythonDriver,
    errorClass: () => 'ServerException',
  },
  {
    name: 'Java, ROA',
    packages: javaPackages,
    language: 'Java',
    signature: 'roa',
    command: javaDriver('V1'),
    errorClass: javaErrorClass,
    // It compares the text it signed with the one it was told, and they were the same.
    rewrites: {
      signatureDoesNotMatch: {
        code: 'SDK.InvalidAccessKeySecret',
        message: 'Specified Access Key Secret is not valid.',
      },
    },
  },
  {
    name: 'Java, ACS3',
    packages: javaPackages,
    language: 'Java',
    signature: 'acs3',
    isBodyUnprotected: true,
    command: javaDriver('V3'),
    errorClass: javaErrorClass,
    rewrites: {
      signatureDoesNotMatch: {
        code: 'SDK.InvalidAccessKeySecret',
        message: 'Specified Access Key Secret is not valid.',
      },
    },
  },
  {
    name: 'Go',
    packages: `github.com/aliyun/alibaba-cloud-sdk-go ${pinned('go/go.mod', /alibaba-cloud-sdk-go v(\S+)/)}`,
    language: 'Go',
    signature: 'roa',
    command: goDriver,
    errorClass: () => 'ServerError',
    // As Java's: the text it signed and the one it was told were the same.
    rewrites: { signatureDoesNotMatch: { hint: 'InvalidAccessKeySecret: Please check you AccessKeySecret' } },
  },
  {
    name: 'PHP',
    packages: 'alibabacloud/sdk',
    language: 'PHP',
    signature: 'roa',
    command: ['php'],
    errorClass: () => 'ServerException',
  },
];
