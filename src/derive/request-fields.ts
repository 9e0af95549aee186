// The fields of an operation's request, read from its schema: for the CLI's flags and the reference.
import * as z from 'zod';
import type { Operation } from '../operations/operation.ts';

export type JsonSchema = { readonly [keyword: string]: unknown };

export interface RequestField {
  /** As on the wire, such as `personId`. */
  readonly name: string;
  /** How a person writes it: text, a whole number, a list of texts, or JSON. */
  readonly kind: 'text' | 'number' | 'texts' | 'json';
  readonly isRequired: boolean;
  readonly schema: JsonSchema;
}

/** The JSON Schema of what a caller sends, or of what Lethe answers; no `$schema`, so that it can stand inside a document. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}

export function requestFields({ request }: Pick<Operation, 'request'>): RequestField[] {
  const { properties = {}, required = [] } = jsonSchemaOf(request) as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    kind: kindOf(schema),
    isRequired: required.includes(name),
    schema,
  }));
}

function kindOf({ type, items }: JsonSchema): RequestField['kind'] {
  if (type === 'string') return 'text';
  if (type === 'integer') return 'number';
  return type === 'array' && (items as JsonSchema | undefined)?.type === 'string' ? 'texts' : 'json';
}
