// What an operation is: one object that routing, validation, quotas, documents and the CLI all derive from.
import type * as z from 'zod';
import type { Gallery } from '../gallery/gallery.ts';
import type { Evidence, RefusalName } from '../wire/errors.ts';

/** What a handler may use besides the request: the caller's account and the gallery. */
export interface OperationContext {
  readonly account: string;
  readonly gallery: Gallery;
}

export interface Operation<Request extends z.ZodType = z.ZodType, Response extends z.ZodType = z.ZodType> {
  /** The SDKs' name, such as DeleteFaces; also the RAM action `yundun-greenweb:<Action>`. */
  readonly action: string;
  readonly path: `/green/${string}`;
  readonly summary: string;
  /** The cloud's page that documents it. */
  readonly source: string;
  readonly evidence: Evidence;
  /** Calls a second an account may make, from the source unless `notes` says otherwise. */
  readonly qps: number;
  /** Service refusals of its own, beyond badRequest. */
  readonly refusals: readonly RefusalName[];
  /** What the reference must say beyond the schemas: where the cloud is silent and what Lethe chose. */
  readonly notes?: readonly string[];
  readonly request: Request;
  /** The answer's `data`, without the `code` that the envelope adds to an object. */
  readonly response: Response;
  readonly example: { readonly request: z.input<Request>; readonly response: z.input<Response> };
  handle(request: z.output<Request>, context: OperationContext): Promise<z.input<Response>>;
}

/** Keeps an operation's types together; changes nothing. */
export const defineOperation = <Request extends z.ZodType, Response extends z.ZodType>(
  operation: Operation<Request, Response>,
): Operation<Request, Response> => operation;
