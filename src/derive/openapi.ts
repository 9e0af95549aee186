// The OpenAPI 3.1 document, derived from the operations and the table of refusals.
import { operations } from '../operations/index.ts';
import type { Operation } from '../operations/operation.ts';
import { refusals } from '../wire/errors.ts';
import { clientInfo } from '../wire/fields.ts';
import { type JsonSchema, jsonSchemaOf } from './request-fields.ts';

const envelopeOf = ({ response }: Operation): JsonSchema => {
  const data = jsonSchemaOf(response);
  const coded = { type: 'object', properties: { code: { const: 200 } }, required: ['code'] };
  return {
    type: 'object',
    properties: {
      code: { const: 200 },
      msg: { const: 'OK' },
      requestId: { $ref: '#/components/schemas/RequestId' },
      data: data.type === 'array' ? data : { allOf: [coded, data] },
    },
    required: ['code', 'msg', 'requestId', 'data'],
  };
};

const json = (schema: JsonSchema, example?: unknown) => ({
  'application/json': { schema, ...(example === undefined ? {} : { example }) },
});

function pathItem(operation: Operation): JsonSchema {
  const { action, summary, source, evidence, qps, notes = [], headers = {}, request, example } = operation;
  const { response } = example;
  const data = Array.isArray(response) ? response : { code: 200, ...(response as object) };
  const answer = { code: 200, msg: 'OK', requestId: '36D384DA-8023-4E84-BCFD-0C5581352C16', data };
  return {
    post: {
      operationId: action,
      summary,
      description: [...notes, `At most ${qps} calls a second an account. Evidence: ${evidence}.`].join(
        '\n\n',
      ),
      ...(source === undefined ? {} : { externalDocs: { url: source } }),
      parameters: [
        { $ref: '#/components/parameters/clientInfo' },
        { $ref: '#/components/parameters/version' },
      ],
      requestBody: { required: true, content: json(jsonSchemaOf(request), example.request) },
      responses: {
        200: {
          description: 'Done; or refused by the service, with its code and msg',
          headers: {
            'x-acs-request-id': { schema: { $ref: '#/components/schemas/RequestId' } },
            ...Object.fromEntries(
              Object.entries(headers).map(([name, description]) => [name, { description, schema: text }]),
            ),
          },
          content: json(
            { oneOf: [envelopeOf(operation), { $ref: '#/components/schemas/ServiceRefusal' }] },
            answer,
          ),
        },
        '4XX': { $ref: '#/components/responses/GatewayRefusal' },
        '5XX': { $ref: '#/components/responses/GatewayRefusal' },
      },
    },
  };
}

const refusalsOf = (kind: 'gateway' | 'service') =>
  Object.values(refusals).filter((refusal) => refusal.kind === kind);

const text = { type: 'string' };

const components: JsonSchema = {
  securitySchemes: {
    signature: {
      type: 'apiKey',
      in: 'header',
      name: 'authorization',
      description:
        'ROA (HMAC-SHA1, HMAC-SM3) or ACS3 (HMAC-SHA256, HMAC-SM3, RSA-SHA256) signature, as the official SDKs make it',
    },
  },
  parameters: {
    clientInfo: {
      name: 'clientInfo',
      in: 'query',
      description: 'Who the end user is; `ClientInfo` is accepted too',
      content: json(jsonSchemaOf(clientInfo)),
    },
    version: { name: 'x-acs-version', in: 'header', required: true, schema: { const: '2018-05-09' } },
  },
  responses: {
    GatewayRefusal: {
      description: 'Refused before the service',
      content: json({
        type: 'object',
        properties: {
          Code: { ...text, examples: [...new Set(refusalsOf('gateway').map(({ code }) => code))] },
          Message: text,
          RequestId: { $ref: '#/components/schemas/RequestId' },
          HostId: text,
          Recommend: text,
        },
        required: ['Code', 'Message', 'RequestId', 'HostId', 'Recommend'],
      }),
    },
  },
  schemas: {
    RequestId: { ...text, pattern: '^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$' },
    ServiceRefusal: {
      type: 'object',
      properties: {
        code: { enum: [...new Set(refusalsOf('service').map(({ code }) => code))].sort() },
        msg: text,
        requestId: { $ref: '#/components/schemas/RequestId' },
      },
      required: ['code', 'msg', 'requestId'],
    },
  },
};

const probe = (summary: string, ...statuses: number[]) => ({
  get: {
    summary,
    security: [],
    responses: Object.fromEntries(
      statuses.map((status) => [status, { description: status === 200 ? 'Yes' : 'Not yet' }]),
    ),
  },
});

/** The whole document, ready to be written as JSON. */
export const openApiDocument = () => ({
  openapi: '3.1.0',
  info: {
    title: 'Lethe',
    version: '2018-05-09',
    summary: 'A self-hosted face library that speaks the Alibaba Cloud Green face API',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: 'http://127.0.0.1:8080' }],
  security: [{ signature: [] }],
  paths: {
    ...Object.fromEntries(operations.map((operation) => [operation.path, pathItem(operation)])),
    '/healthz': probe('Does the process serve?', 200),
    '/readyz': probe('Are models and gallery loaded?', 200, 503),
  },
  components,
});
