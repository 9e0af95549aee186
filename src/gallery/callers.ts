// Who calls, by key id and security token, and what that caller may do.
import { Refusal } from '../wire/errors.ts';
import type { AccessKey, KeyStore, TemporaryKey } from './ports.ts';

/** What a request claims to be signed with. */
export interface Claim {
  readonly accessKeyId: string;
  readonly securityToken?: string;
}

/** A key that counts now, whether stored or temporary. */
export type Caller = Omit<AccessKey, 'status' | 'createdAtMs'> & {
  /** The stored key behind it: its own id, or that of a temporary key's parent. */
  readonly parentId: string;
  /** When a temporary key ends. */
  readonly expiresAtMs?: number;
  /** It was given out for uploads, and its parent may still have such. */
  readonly mayUpload?: true;
};

/** The operation that gives out keys for uploads: who may not call it may not upload. */
const uploadAction = 'UploadCredentials';

/**
 * The key that a request is to be verified with; nothing is proven yet.
 * @throws {Refusal} accessKeyNotFound, accessKeyInactive, securityTokenMismatch for a token beside a stored key or another
 * temporary one, securityTokenMalformed for one that was never given out, securityTokenExpired, missingHeader
 */
export async function findCaller(keys: KeyFinder, claim: Claim, nowMs: number): Promise<Caller> {
  const { accessKeyId, securityToken } = claim;
  const stored = await keys.findAccessKey(accessKeyId);
  if (stored !== undefined) {
    if (securityToken !== undefined) throw new Refusal('securityTokenMismatch');
    if (stored.status !== 'active') throw new Refusal('accessKeyInactive');
    return { ...stored, parentId: stored.id };
  }
  if (!accessKeyId.startsWith('STS.')) throw new Refusal('accessKeyNotFound');
  if (securityToken === undefined) throw new Refusal('missingHeader', 'SecurityToken');
  const temporary = await keys.openSecurityToken(securityToken);
  if (temporary === undefined) throw new Refusal('securityTokenMalformed');
  if (temporary.id !== accessKeyId) throw new Refusal('securityTokenMismatch');
  if (nowMs >= temporary.expiresAtMs) throw new Refusal('securityTokenExpired');
  return callerBehind(await keys.findAccessKey(temporary.parentId), temporary);
}

type KeyFinder = Pick<KeyStore, 'findAccessKey' | 'openSecurityToken'>;

/** A temporary key may do what both it and its parent may. */
function callerBehind(parent: AccessKey | undefined, temporary: TemporaryKey): Caller {
  if (parent === undefined || parent.account !== temporary.account) throw new Refusal('accessKeyNotFound');
  if (parent.status !== 'active') throw new Refusal('accessKeyInactive');
  const { id, account, secret, parentId, expiresAtMs } = temporary;
  const caller = { id, account, parentId, expiresAtMs, material: { kind: 'secret', secret } } as const;
  if (temporary.isForUploads) {
    const mayUpload = parent.allowedActions?.includes(uploadAction) ?? true;
    return { ...caller, allowedActions: [], ...(mayUpload ? { mayUpload } : {}) };
  }
  const [some, others] = [temporary.allowedActions, parent.allowedActions];
  const allowedActions =
    some === undefined ? others : some.filter((action) => others?.includes(action) ?? true);
  return { ...caller, ...(allowedActions === undefined ? {} : { allowedActions }) };
}

/** @throws {Refusal} noPermission */
export function checkPermission({ allowedActions }: Pick<Caller, 'allowedActions'>, action: string): void {
  if (allowedActions?.includes(action) === false) throw new Refusal('noPermission', action);
}
