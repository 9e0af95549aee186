// One call as every driver reads it from its standard input, and the reply it writes: a line of JSON each.

export interface Key {
  readonly id: string;
  readonly secret: string;
  /** Of a temporary key. */
  readonly token?: string;
}

export interface Call {
  readonly id: number;
  /** An origin, such as http://127.0.0.1:8080. */
  readonly endpoint: string;
  readonly method: string;
  readonly action: string;
  readonly path: string;
  readonly version: string;
  readonly query: Readonly<Record<string, string>>;
  /** Given to the SDK as its user would, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, or none at all. */
  readonly body: string | null;
  /** Null: unsigned. */
  readonly key: Key | null;
  readonly timeoutMs: number;
}

/** The SDK's own error, as its user catches it. */
export interface TypedError {
  readonly class: string;
  readonly code: string | null;
  readonly message: string | null;
  readonly requestId: string | null;
  /** What the SDK advises its user to do, where it does. */
  readonly hint?: string;
}

export type Reply = { readonly id: number } & (
  | { readonly body: string }
  | { readonly error: TypedError }
  /** The SDK offers no means for what the call asks; why. */
  | { readonly cannot: string }
);
