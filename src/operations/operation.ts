// What an operation is: one object that routing, validation, quotas, documents and the CLI all derive from.
import type * as z from 'zod';
import type { Gallery } from '../gallery/gallery.ts';
import type { ScanTasks } from '../gallery/scan-tasks.ts';
import type { Evidence, RefusalName } from '../wire/errors.ts';

/** A temporary key that uploads, and nothing else, to one folder. */
export interface UploadKey {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string;
  readonly expiresAtMs: number;
  /** URL of the object storage as the caller reaches it. */
  readonly endpoint: string;
  readonly bucket: string;
  /** Without a slash at its end. */
  readonly folder: string;
}

/** What a handler may use besides the request. */
export interface OperationContext {
  readonly account: string;
  readonly gallery: Gallery;
  /** Where callers reach this server, without a slash at the end. */
  readonly publicUrl: string;
  /** Gives the caller a temporary key for uploads, and says where they go. */
  readonly lendUploadKey: () => Promise<UploadKey>;
  readonly scans: ScanTasks;
  /** Group that the scene sface searches; the scene is closed where there is none. */
  readonly sfaceGroup: string | undefined;
  /** Adds a header to the answer; one of a refusal's answer has none. */
  readonly setHeader: (name: `x-lethe-${string}`, value: string) => void;
}

export interface Operation<Request extends z.ZodType = z.ZodType, Response extends z.ZodType = z.ZodType> {
  /** The SDKs' name, such as DeleteFaces; also the RAM action `yundun-greenweb:<Action>`. */
  readonly action: string;
  /** The cloud's, or Lethe's own. */
  readonly path: `/green/${string}` | `/lethe/v1/${string}`;
  readonly summary: string;
  /** The cloud's page that documents it; none where it is Lethe's own. */
  readonly source?: string;
  readonly evidence: Evidence;
  /** Calls a second an account may make, from the source unless `notes` says otherwise. */
  readonly qps: number;
  /** Service refusals of its own, beyond badRequest. */
  readonly refusals: readonly RefusalName[];
  /** What the reference must say beyond the schemas: where the cloud is silent and what Lethe chose. */
  readonly notes?: readonly string[];
  /** Headers of its answer, by name, and what they hold. */
  readonly headers?: Readonly<Record<`x-lethe-${string}`, string>>;
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
