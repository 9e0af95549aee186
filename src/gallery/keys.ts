// AccessKeys, stored and temporary, and what is asked of whoever stores them. Types only.
import type { KeyMaterial } from '../wire/key-material.ts';

export type { KeyMaterial };

export type AccessKeyStatus = 'active' | 'disabled';

export interface AccessKey {
  readonly id: string;
  readonly account: string;
  readonly status: AccessKeyStatus;
  readonly createdAtMs: number;
  /** Actions it may call; all of them where absent. */
  readonly allowedActions?: readonly string[];
  readonly material: KeyMaterial;
}

/** What a security token vouches for, besides the key it belongs to. */
export interface TemporaryGrant {
  readonly account: string;
  /** The AccessKey in whose name it was given out: it may do no more than that one, and ends with it. */
  readonly parentId: string;
  readonly expiresAtMs: number;
  /** Actions that the parent's are narrowed to; all of the parent's where absent. */
  readonly allowedActions?: readonly string[];
  /** It uploads, and calls nothing. */
  readonly isForUploads?: true;
}

export interface TemporaryKey extends TemporaryGrant {
  readonly id: string;
  readonly secret: string;
}

/** Temporary keys, which nobody stores: the token is the record, sealed so that only this library can have made it. */
interface TemporaryKeys {
  issueTemporaryKey(grant: TemporaryGrant): Promise<TemporaryKey & { readonly securityToken: string }>;
  /** Undefined for what this library did not give out under its present root key; whether it has expired is not asked. */
  openSecurityToken(securityToken: string): Promise<TemporaryKey | undefined>;
}

/** Who may call: accounts and their AccessKeys. */
export interface KeyStore extends TemporaryKeys {
  findAccessKey(id: string): Promise<AccessKey | undefined>;
  /** Makes the account when it is new. Rejects when the id is taken. */
  addAccessKey(key: AccessKey): Promise<void>;
  listAccessKeys(): Promise<Omit<AccessKey, 'material'>[]>;
  /** False when there is no such key. */
  setAccessKeyStatus(id: string, status: AccessKeyStatus): Promise<boolean>;
}
