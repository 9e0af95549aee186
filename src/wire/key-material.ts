// What a request is verified with.

/** A shared secret (HMAC) or the caller's public key (RSA, PEM). */
export type KeyMaterial =
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'rsa-public-key'; readonly pem: string };
