// What an operator does with a data folder apart from serving it: keys, receipts, holds, retention, backups, checks.
import type { RootKeySettings, Settings } from './config/settings.ts';
import { Clearing, type ClearingCounts } from './gallery/clearing.ts';
import type { KeyStore } from './gallery/ports.ts';
import { type Cleared, cloudRules, noRules, type RetentionRules } from './gallery/retention.ts';
import { type Backup, backUp } from './store/backup.ts';
import type { Check } from './store/check.ts';
import { openEmbeddedStore, openKeyStore } from './store/embedded.ts';
import { type ErasureDesk, openErasureDesk } from './store/erasure-desk.ts';
import { type Restored, type RestoreOptions, restore } from './store/restore.ts';
import { openRoll, type Roll } from './store/roll.ts';
import { type RootKey, type RootKeySource, readRootKey } from './store/root-key.ts';
import { type RootRotation, rotateRoot } from './store/rotate-root.ts';
import { openRows } from './store/sqlite/database.ts';
import { exportLedger } from './store/sqlite/ledger.ts';
import { type VerifyOptions, verifyErasure } from './store/verify.ts';

export type { Roll, RollPerson } from './store/roll.ts';

/** A data folder and where its root key comes from. */
export type LibrarySettings = Pick<Settings, 'data'> & RootKeySettings;

/**
 * Reads the root key of a data folder from where the settings say.
 * @param mayBeMade whether a folder without a library may get a new key
 * @throws {Error} in plain words when there is none, or it cannot be used
 */
export const readLibraryKey = (settings: LibrarySettings, mayBeMade = true): Promise<RootKey> =>
  readRootKey({ dataFolder: settings.data, ...sourceOf(settings), mayBeMade });

const sourceOf = ({ rootKey, rootKeyHex, rootKeyCommand }: RootKeySettings): RootKeySource => ({
  file: rootKey,
  hex: rootKeyHex,
  command: rootKeyCommand,
});

/** The rules for groups without a policy of their own. */
export const retentionRules = ({ retention }: Pick<Settings, 'retention'>): RetentionRules =>
  retention === 'cloud' ? cloudRules : noRules;

/** The AccessKeys of a data folder, whether or not a server runs on it. */
export async function openKeys(settings: LibrarySettings): Promise<KeyStore & { close(): Promise<void> }> {
  const { key } = await readLibraryKey(settings);
  return openKeyStore({ folder: settings.data, rootKey: key });
}

/** Receipts, legal holds and policies of a data folder, whether or not a server runs on it. */
export const openDesk = (settings: LibrarySettings): Promise<ErasureDesk> =>
  openErasureDesk(settings.data, async () => (await readLibraryKey(settings)).key);

/** Opens the desk for one piece of work. */
export async function withDesk<Value>(
  settings: LibrarySettings,
  work: (desk: ErasureDesk) => Promise<Value>,
): Promise<Value> {
  const desk = await openDesk(settings);
  try {
    return await work(desk);
  } finally {
    desk.close();
  }
}

/** Who is enrolled, whether or not a server runs on the library. */
export const openLibraryRoll = (settings: LibrarySettings): Promise<Roll> =>
  openRoll(settings.data, async () => (await readLibraryKey(settings, false)).key);

/**
 * Deletes what retention makes due in a data folder that no server runs on.
 * @throws {Error} in plain words when one does
 */
export async function runRetention(
  settings: LibrarySettings & Pick<Settings, 'retention'>,
  wanted: { isDryRun: boolean; onCleared: (cleared: Cleared) => void },
): Promise<ClearingCounts> {
  // Refuses a folder without a library, which opening the store would make.
  (await openDesk(settings)).close();
  const { key } = await readLibraryKey(settings);
  const store = await openEmbeddedStore({ folder: settings.data, rootKey: key }).catch((error: Error) => {
    if (!/ is in use: /.test(error.message)) throw error;
    throw new Error(
      `a server runs on ${settings.data}: it clears what is due soon after its start and every day; ` +
        'lethe call RunRetention asks it now, for one account (--dry-run true deletes nothing)',
    );
  });
  try {
    const rules = retentionRules(settings);
    return await new Clearing({ store: store.retention, rules, nowMs: Date.now }).run(wanted);
  } finally {
    await store.close();
  }
}

/** Replaces the root key of a data folder that no server runs on; `newFile` is made when missing. */
export const rotateRootKey = (settings: LibrarySettings, newFile?: string): Promise<RootRotation> =>
  rotateRoot({ folder: settings.data, source: sourceOf(settings), newFile });

/** Copies a library, whether or not a server runs on it. */
export const backUpLibrary = (data: string, to: string, keysTo?: string): Promise<Backup> =>
  backUp({ folder: data, to, keysTo });

/** Puts a backup in the place of a data folder that no server runs on. */
export const restoreLibrary = (
  settings: LibrarySettings & Pick<Settings, 'backupMaxAge'>,
  given: Pick<RestoreOptions, 'from' | 'keysFrom' | 'ledger' | 'isReplacing'>,
): Promise<Restored> =>
  restore({
    folder: settings.data,
    source: sourceOf(settings),
    maxAgeDays: settings.backupMaxAge,
    ...given,
  });

/** The ledger of what was erased, line by line, whether or not a server runs on the library. */
export function* readErasureLedger(data: string): Iterable<string> {
  const rows = openRows(data);
  try {
    yield* exportLedger(rows);
  } finally {
    rows.close();
  }
}

/** Looks for anything left of what was deleted, whether or not a server runs on the library. */
export async function checkErasure(
  settings: LibrarySettings,
  given: Pick<VerifyOptions, 'isCompacting' | 'receipt'>,
): Promise<Check[]> {
  const { key } = await readLibraryKey(settings, false);
  return verifyErasure({ folder: settings.data, rootKey: key, ...given });
}
