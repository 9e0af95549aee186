// The reference manual in Markdown: operations, refusals and settings, derived from where they are declared.
import { writeDefault } from '../config/setting.ts';
import { settings } from '../config/settings.ts';
import { operations } from '../operations/index.ts';
import type { Operation } from '../operations/operation.ts';
import { refusals } from '../wire/errors.ts';
import { type JsonSchema, jsonSchemaOf, type RequestField, requestFields } from './request-fields.ts';

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map(escapeCell).join(' | ')} |`)
    .join('\n');

const escapeCell = (cell: string): string => cell.replaceAll('|', '\\|').replaceAll('\n', ' ');

const limitWords: Record<string, (value: unknown) => string> = {
  minItems: (value) => `at least ${value}`,
  maxItems: (value) => `at most ${value} items`,
  maxLength: (value) => `at most ${value} characters`,
  pattern: (value) => `\`${value}\``,
  minimum: (value) => `from ${value}`,
  maximum: (value) => `to ${value}`,
  default: (value) => `default ${JSON.stringify(value)}`,
  enum: (value) => (value as unknown[]).join(', '),
};

const describeLimits = (schema: JsonSchema): string =>
  Object.entries(limitWords)
    .flatMap(([keyword, words]) => (keyword in schema ? [words(schema[keyword])] : []))
    .join(', ');

function fieldRow({ name, kind, isRequired, schema }: RequestField): string[] {
  const item = schema.items as JsonSchema | undefined;
  const kinds = {
    text: 'string',
    number: 'integer',
    texts: 'string[]',
    json: schema.type === 'array' ? 'object[]' : schema.type === 'number' ? 'number' : 'object',
  };
  const limits = [describeLimits(schema), ...(item === undefined ? [] : [describeLimits(item)])].filter(
    Boolean,
  );
  const words = (schema.description ?? item?.description ?? '') as string;
  return [
    `\`${name}\``,
    kinds[kind],
    isRequired ? 'yes' : 'no',
    [words, limits.join('; each ')].filter(Boolean).join('; '),
  ];
}

const describeBody = (schema: JsonSchema): string =>
  schema.type === 'array'
    ? `The body is a JSON array: ${[(schema.items as JsonSchema).type, describeLimits(schema)].join('[], ')}; each ${describeLimits(schema.items as JsonSchema)}.`
    : 'No fields in the body.';

const fenced = (value: unknown): string => `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``;

function describeOperation(operation: Operation): string {
  const {
    action,
    path,
    summary,
    source,
    evidence,
    qps,
    refusals: own,
    notes = [],
    headers = {},
    example,
  } = operation;
  const fields = requestFields(operation);
  return [
    `### ${action}`,
    `${summary}. \`POST ${path}\`, at most ${qps} calls a second an account. ${source === undefined ? "Lethe's own" : `[Source](${source}); evidence: ${evidence}`}.`,
    fields.length === 0
      ? describeBody(jsonSchemaOf(operation.request))
      : table(['body field', 'type', 'required', 'holds'], fields.map(fieldRow)),
    notes.map((note) => `- ${note}`).join('\n'),
    Object.entries(headers)
      .map(([name, holds]) => `Header \`${name}\` of the answer. ${holds}.`)
      .join('\n\n'),
    own.length === 0
      ? ''
      : `Refused with: ${own.map((name) => `${refusals[name].code} ${refusals[name].message}`).join(' · ')}`,
    'Request:',
    fenced(example.request),
    'Answer, `data`:',
    fenced(example.response),
  ]
    .filter((block) => block !== '')
    .join('\n\n');
}

const refusalRows = Object.entries(refusals).map(([name, refusal]) => [
  name,
  refusal.kind === 'service' ? '200' : String(refusal.status),
  `\`${refusal.code}\``,
  refusal.message,
  refusal.evidence,
  refusal.wording,
]);

const settingRows = Object.values(settings).map((setting) => [
  'flag' in setting ? `\`${setting.flag}\`` : '',
  `\`${setting.variable}\``,
  setting.accepts,
  setting === settings.workers ? 'one a core' : writeDefault(setting),
  setting.sentence,
]);

/** The whole manual. */
export const referenceManual = (): string =>
  [
    '# Reference',
    'Written by `npm run derive` from the declarations in `src/operations`, `src/wire/errors.ts` and `src/config/settings.ts`; `npm test` fails when it is stale. The same operations as OpenAPI 3.1: `openapi.json`.',
    '## Operations',
    'Every operation takes `clientInfo` (or `ClientInfo`) in the query: a JSON object, optional. Evidence says how well a fact about the cloud is known: its documentation, its SDKs, observed traffic, or inferred by us; own is what only Lethe has.',
    ...operations.map(describeOperation),
    '## Refusals',
    'Gateway refusals answer with their HTTP status and `Code`; service refusals answer HTTP 200 with `code` in the body; those named storage (and `noSuchBucket`) meet uploads, as XML. `{}` stands for the detail. Evidence is of the code and of when it is given, wording of the message: a client should go by the code.',
    table(['name', 'HTTP', 'code', 'message', 'evidence', 'wording'], refusalRows),
    '## Settings',
    table(['flag', 'variable', 'accepts', 'default', 'meaning'], settingRows),
    '',
  ].join('\n\n');
