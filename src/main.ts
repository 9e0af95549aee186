// Composition root: the only file that builds the concrete parts and joins them.
import { readFile } from 'node:fs/promises';
import pLimit from 'p-limit';
import type { Logger } from 'pino';
import { loadModels, type ManifestModel, modelsFolder } from './biometrics/models.ts';
import { openFaceAnalyser } from './biometrics/pool.ts';
import { openCallbackSender } from './callbacks/post-form.ts';
import { BadSetting, type RootKeySettings, type Settings } from './config.ts';
import { ensureAccessKey, type KeySeed } from './gallery/access-keys.ts';
import { Clearing, type ClearingCounts } from './gallery/clearing.ts';
import { Gallery } from './gallery/gallery.ts';
import type { Calibration, KeyStore } from './gallery/ports.ts';
import { type Cleared, cloudRules, noRules, type RetentionRules } from './gallery/retention.ts';
import { ScanTasks } from './gallery/scan-tasks.ts';
import { chooseThresholds, type Thresholds } from './gallery/thresholds.ts';
import { allowAddresses, lookUpAllowed } from './images/addresses.ts';
import { openPictureSource } from './images/pictures.ts';
import { Uploads } from './images/uploads.ts';
import { openTemplateIndex } from './search/template-index.ts';
import { type Listening, listen, type Ports } from './server/listen.ts';
import { Nonces } from './server/nonces.ts';
import { observeWith } from './server/observe.ts';
import { startRetentionTimer } from './server/retention-timer.ts';
import { Throttle } from './server/throttle.ts';
import { type Backup, backUp } from './store/backup.ts';
import { openEmbeddedStore, openKeyStore } from './store/embedded.ts';
import { type ErasureDesk, openErasureDesk } from './store/erasure-desk.ts';
import type { Recovery } from './store/recovery.ts';
import { type Restored, type RestoreOptions, restore } from './store/restore.ts';
import { openRoll, type Roll } from './store/roll.ts';
import { type RootKey, type RootKeySource, readRootKey } from './store/root-key.ts';
import { type RootRotation, rotateRoot } from './store/rotate-root.ts';
import { openRows } from './store/sqlite/database.ts';
import { exportLedger } from './store/sqlite/ledger.ts';
import { type Check, type VerifyOptions, verifyErasure } from './store/verify.ts';

/** Pictures fetched, decoded or analysed at a time, up to 20 MB each: a scan of 100 tasks must not hold 2 GB. */
const picturesAtATime = 16;

/** Accounts whose uploads may take all they are allowed at the same time. */
const accountsAtOnce = 4;

/** Asynchronous scans leave most of the above to callers who wait; a receiver that never answers holds a callback up. */
const asyncScansAtATime = 4;
const callbacksAtATime = 16;

export type ServeSettings = Omit<
  Settings,
  | 'endpoint'
  | 'securityToken'
  | 'logLevel'
  | 'backupMaxAge'
  | 'sourceAccessKeyId'
  | 'sourceAccessKeySecret'
  | 'sourceSecurityToken'
  | 'rate'
  | 'atOnce'
>;

export type { Roll, RollPerson } from './store/roll.ts';

/** A data folder and where its root key comes from. */
export type LibrarySettings = Pick<Settings, 'data'> & RootKeySettings;

interface Loaded {
  readonly faces: number;
  /** Faces and profiles that the disk has changed: neither found nor listed, deletable like any other. */
  readonly damagedRecords: number;
  /** What the models' comparison scores mean, and the scores that decide. */
  readonly calibration: Calibration;
  readonly thresholds: Thresholds;
}

export interface Lethe {
  readonly url: string;
  readonly tlsUrl?: string;
  /** The key pair of a new library: shown once, stored sealed. */
  readonly firstKey?: KeySeed;
  /** What the operator should know: a root key that was made, what recovery found. */
  readonly notices: readonly string[];
  /** Resolves once models and gallery are loaded; rejects when they cannot be. */
  readonly ready: Promise<Loaded>;
  close(): Promise<void>;
}

/**
 * Starts a server: recovers the data folder, then listens, then loads models and gallery.
 * @param libraryNowMs the clock that days are counted by; requests are dated by the system's
 * @throws {Error} in plain words when the folder, a key, a certificate or a port cannot be used
 */
export async function startLethe(
  settings: ServeSettings,
  log: Logger,
  libraryNowMs: () => number = Date.now,
): Promise<Lethe> {
  const tls = await readTls(settings);
  const rootKey = await readRootKey({ dataFolder: settings.data, ...sourceOf(settings) });
  const store = await openEmbeddedStore({
    folder: settings.data,
    rootKey: rootKey.key,
    nowMs: libraryNowMs,
  });
  let gallery: Gallery | undefined;
  let listening: Listening | undefined;
  const progress = { loaded: 0, of: store.countFaces() };
  const uploadBytes = settings.uploadMemory * 1024 * 1024;
  const uploads = new Uploads({ accountBytes: uploadBytes, totalBytes: accountsAtOnce * uploadBytes });
  const opened: { close(): Promise<void> }[] = [store, uploads];
  const scans = openScanTasks(settings, log, libraryNowMs);
  const close = async () => {
    await listening?.close();
    for (const part of opened.reverse()) await part.close();
  };
  try {
    const firstKey = await ensureAccessKey(store, readSeed(settings), Date.now());
    listening = await listen(
      { host: settings.host, port: settings.port, ...(tls === undefined ? {} : { tls }) },
      {
        keys: store,
        uploads,
        gallery: () => gallery,
        ...(settings.publicUrl === undefined ? {} : { uploadEndpoint: new URL(settings.publicUrl).origin }),
        publicUrl: () => settings.publicUrl ?? listening?.tlsUrl ?? listening?.url ?? '',
        loading: () => progress,
        scans,
        sfaceGroup: settings.sfaceGroup,
        nonces: new Nonces(2 * settings.maxClockSkew * 1000),
        throttle: new Throttle(),
        isQuotaOn: settings.quota === 'cloud',
        maxClockSkewMs: settings.maxClockSkew * 1000,
        isUnprotectedBodyAllowed: settings.allowUnprotectedBody,
        nowMs: Date.now,
      },
      observeWith(log),
    );
    const load = async () => {
      const analyser = await openFaceAnalyser({
        folder: modelsFolder(settings.models),
        workers: settings.workers,
      });
      opened.push(analyser);
      const { calibration } = analyser;
      const thresholds = chooseThresholds(calibration, settings);
      const index = await openTemplateIndex({
        dimensions: analyser.dimensions,
        mode: settings.search,
      });
      opened.push(index);
      const pictures = openPictureSource({ allowFetchFrom: settings.allowFetchFrom, uploads });
      gallery = await Gallery.open(
        store,
        index,
        { pictures, analyser, thresholds, admit: pLimit(picturesAtATime) },
        {
          retention: retentionRules(settings),
          isConsentRequired: settings.strictConsent,
          keepPhotographs: settings.keepPhotos,
          nowMs: libraryNowMs,
        },
        (faces) => {
          progress.loaded = faces;
        },
      );
      opened.push(scans, startRetentionTimer(gallery.clearing, log, { nowMs: libraryNowMs }));
      const { damagedRecords } = store;
      return { faces: gallery.size, damagedRecords, calibration, thresholds };
    };
    const { url, tlsUrl } = listening;
    const ready = load();
    return {
      url,
      ...(tlsUrl === undefined ? {} : { tlsUrl }),
      ...(firstKey === undefined ? {} : { firstKey }),
      notices: noticesOf(rootKey, store.recovery),
      ready,
      close: async () => {
        await ready.catch(() => undefined);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function openScanTasks({ allowFetchFrom }: ServeSettings, log: Logger, nowMs: () => number): ScanTasks {
  const isAllowed = allowAddresses(allowFetchFrom);
  return new ScanTasks({
    sender: openCallbackSender({ isAllowed, lookup: lookUpAllowed(isAllowed) }),
    admitScan: pLimit(asyncScansAtATime),
    admitCallback: pLimit(callbacksAtATime),
    nowMs,
    onFailure: (account, error) => log.error({ account, err: error }, 'asynchronous scan failed'),
    onUndelivered: (account) => log.warn({ account }, 'callback given up'),
  });
}

/** The rules for groups without a policy of their own. */
export const retentionRules = ({ retention }: Pick<Settings, 'retention'>): RetentionRules =>
  retention === 'cloud' ? cloudRules : noRules;

/** The AccessKeys of a data folder, whether or not a server runs on it. */
export async function openKeys(settings: LibrarySettings): Promise<KeyStore & { close(): Promise<void> }> {
  const { key } = await readRootKey({ dataFolder: settings.data, ...sourceOf(settings) });
  return openKeyStore({ folder: settings.data, rootKey: key });
}

/** Receipts and legal holds of a data folder, whether or not a server runs on it. */
export const openDesk = (settings: LibrarySettings): Promise<ErasureDesk> =>
  openErasureDesk(
    settings.data,
    async () => (await readRootKey({ dataFolder: settings.data, ...sourceOf(settings) })).key,
  );

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
  const { key } = await readRootKey({ dataFolder: settings.data, ...sourceOf(settings) });
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

/** Looks for anything left of what was deleted, whether or not a server runs on the library. */
export async function checkErasure(
  settings: LibrarySettings,
  given: Pick<VerifyOptions, 'isCompacting' | 'receipt'>,
): Promise<Check[]> {
  const { key } = await readRootKey({ dataFolder: settings.data, ...sourceOf(settings), mayBeMade: false });
  return verifyErasure({ folder: settings.data, rootKey: key, ...given });
}

/** Who is enrolled, whether or not a server runs on the library. */
export const openLibraryRoll = (settings: LibrarySettings): Promise<Roll> =>
  openRoll(
    settings.data,
    async () =>
      (await readRootKey({ dataFolder: settings.data, ...sourceOf(settings), mayBeMade: false })).key,
  );

/** The ledger of what was erased, line by line, whether or not a server runs on the library. */
export function* readErasureLedger(data: string): Iterable<string> {
  const rows = openRows(data);
  try {
    yield* exportLedger(rows);
  } finally {
    rows.close();
  }
}

const sourceOf = ({ rootKey, rootKeyHex, rootKeyCommand }: RootKeySettings): RootKeySource => ({
  file: rootKey,
  hex: rootKeyHex,
  command: rootKeyCommand,
});

function noticesOf({ file, isNew }: RootKey, recovery: Recovery): string[] {
  const found: [count: number, words: string][] = [
    [recovery.intentsFinished, 'deletions finished that the last stop had cut short'],
    [recovery.slotsWiped, 'slots wiped that belonged to nobody'],
    [recovery.photographsErased, 'photographs erased that belonged to nobody'],
    [
      recovery.facesWithoutKey,
      'faces swept away whose keys were destroyed: they were deleted since this copy was made',
    ],
    [recovery.personsWithoutKey, 'persons swept away likewise'],
    [
      recovery.personsWithoutProfile,
      'persons whose name and note are lost: they were changed since this copy was made',
    ],
  ];
  return [
    ...(isNew
      ? [`A root key was made: ${file}. Keep it apart from the data; without it the library is lost.`]
      : []),
    ...found.filter(([count]) => count > 0).map(([count, words]) => `Start-up: ${count} ${words}`),
  ];
}

/** What the comparison scores of a set's embedder mean. */
export const calibrationOf = async (setting: string): Promise<Calibration> =>
  (await loadModels(modelsFolder(setting))).embedder.calibration;

/** What each model of a set is; checks the files on the way. */
export const describeModels = async (setting: string): Promise<readonly ManifestModel[]> =>
  (await loadModels(modelsFolder(setting))).all;

function readSeed({ accessKeyId, accessKeySecret }: ServeSettings): KeySeed | undefined {
  if (accessKeyId === undefined && accessKeySecret === undefined) return undefined;
  if (accessKeyId === undefined || accessKeySecret === undefined) {
    throw new BadSetting('LETHE_ACCESS_KEY_ID and LETHE_ACCESS_KEY_SECRET go together: give both or neither');
  }
  return { id: accessKeyId, secret: accessKeySecret };
}

async function readTls({ tlsCert, tlsKey, tlsPort }: ServeSettings): Promise<Ports['tls']> {
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  const [cert, key] = await Promise.all([readFile(tlsCert), readFile(tlsKey)]);
  return { port: tlsPort, cert, key };
}
