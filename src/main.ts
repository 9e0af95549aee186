// Composition root: the only file that builds the parts of a server and joins them.
import { readFile } from 'node:fs/promises';
import pLimit from 'p-limit';
import type { Logger } from 'pino';
import { modelsFolder } from './biometrics/models.ts';
import { openFaceAnalyser } from './biometrics/pool.ts';
import { openCallbackSender } from './callbacks/post-form.ts';
import { BadSetting } from './config/read-settings.ts';
import { rootKeySources, type SettingName, type Settings } from './config/settings.ts';
import { ensureAccessKey, type KeySeed } from './gallery/access-keys.ts';
import type { GalleryRules } from './gallery/clearing.ts';
import { Gallery } from './gallery/gallery.ts';
import type { Calibration, FaceAnalyser } from './gallery/ports.ts';
import type { Recogniser } from './gallery/recognise.ts';
import { ScanTasks } from './gallery/scan-tasks.ts';
import { chooseThresholds, type Thresholds } from './gallery/thresholds.ts';
import { allowAddresses, lookUpAllowed } from './images/addresses.ts';
import { openPictureSource } from './images/pictures.ts';
import { Uploads } from './images/uploads.ts';
import { readLibraryKey, retentionRules } from './library.ts';
import { openTemplateIndex } from './search/template-index.ts';
import { type Listening, listen, type Ports } from './server/listen.ts';
import { Nonces } from './server/nonces.ts';
import { observeWith } from './server/observe.ts';
import { startRetentionTimer } from './server/retention-timer.ts';
import { Throttle } from './server/throttle.ts';
import { openEmbeddedStore } from './store/embedded.ts';
import type { Recovery } from './store/recovery.ts';
import type { RootKey } from './store/root-key.ts';

/**
 * Pictures fetched, decoded or analysed at a time, up to 20 MB each: a scan of 100 tasks must not hold 2 GB, and a thread
 * that has done one must find the next.
 */
const picturesAtATime = (workers: number): number => Math.max(16, 2 * workers);

/** Accounts whose uploads may take all they are allowed at the same time. */
const accountsAtOnce = 4;

/** Asynchronous scans leave most of the above to callers who wait; a receiver that never answers holds a callback up. */
const asyncScansAtATime = 4;
const callbacksAtATime = 16;

/** What a server is started with. */
export const serverSettings = [
  'data',
  ...rootKeySources,
  'host',
  'port',
  'tlsPort',
  'tlsCert',
  'tlsKey',
  'models',
  'verifyFmr',
  'identifyFpir',
  'workers',
  'search',
  'quota',
  'retention',
  'strictConsent',
  'keepPhotos',
  'publicUrl',
  'sfaceGroup',
  'maxClockSkew',
  'allowFetchFrom',
  'uploadMemory',
  'allowUnprotectedBody',
  'accessKeyId',
  'accessKeySecret',
] as const satisfies readonly SettingName[];

type ServerSettings = Pick<Settings, (typeof serverSettings)[number]>;

interface Closable {
  close(): Promise<unknown>;
}

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
 * Starts a server: recovers the data folder, then listens, then loads the gallery, the models all the while.
 * @param libraryNowMs the clock that days are counted by; requests are dated by the system's
 * @throws {Error} in plain words when the folder, a key, a certificate or a port cannot be used
 */
export async function startLethe(
  settings: ServerSettings,
  log: Logger,
  libraryNowMs: () => number = Date.now,
): Promise<Lethe> {
  const tls = await readTls(settings);
  const rootKey = await readLibraryKey(settings);
  const { data: folder, host, port, models, workers } = settings;
  // In threads of its own, while this one recovers the library; `ready` tells what became of it.
  const analysing = openFaceAnalyser({ folder: modelsFolder(models), workers });
  analysing.catch(() => undefined);
  const analyser = { close: async () => (await analysing.catch(() => undefined))?.close() };
  const store = await openEmbeddedStore({ folder, rootKey: rootKey.key, nowMs: libraryNowMs }).catch(
    async (error) => {
      await analyser.close();
      throw error;
    },
  );
  const uploads = openUploads(settings);
  const scans = openScanTasks(settings, log, libraryNowMs);
  const opened: Closable[] = [store, uploads, analyser];
  const progress = { loaded: 0, of: store.countFaces() };
  let gallery: Gallery | undefined;
  let listening: Listening | undefined;
  const close = async () => {
    await listening?.close();
    for (const part of opened.reverse()) await part.close();
  };
  try {
    const firstKey = await ensureAccessKey(store, readSeed(settings), Date.now());
    const gate = {
      ...gateRules(settings),
      keys: store,
      uploads,
      scans,
      gallery: () => gallery,
      loading: () => progress,
      publicUrl: () => settings.publicUrl ?? listening?.tlsUrl ?? listening?.url ?? '',
    };
    listening = await listen({ host, port, ...(tls === undefined ? {} : { tls }) }, gate, observeWith(log));
    const load = async (): Promise<Loaded> => {
      const recogniser = openRecogniser(settings, uploads, await analysing);
      const { dimensions, calibration } = recogniser.analyser;
      const index = await openTemplateIndex({ dimensions, mode: settings.search });
      opened.push(index);
      const rules = galleryRules(settings, libraryNowMs);
      gallery = await Gallery.open(store, index, recogniser, rules, (faces) => {
        progress.loaded = faces;
      });
      opened.push(scans, startRetentionTimer(gallery.clearing, log, { nowMs: libraryNowMs }));
      const { damagedRecords } = store;
      return { faces: gallery.size, damagedRecords, calibration, thresholds: recogniser.thresholds };
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

function openUploads({ uploadMemory }: ServerSettings): Uploads {
  const accountBytes = uploadMemory * 1024 * 1024;
  return new Uploads({ accountBytes, totalBytes: accountsAtOnce * accountBytes });
}

/** What of the settings every request meets. */
const gateRules = (settings: ServerSettings) => ({
  ...(settings.publicUrl === undefined ? {} : { uploadEndpoint: new URL(settings.publicUrl).origin }),
  sfaceGroup: settings.sfaceGroup,
  nonces: new Nonces(2 * settings.maxClockSkew * 1000),
  throttle: new Throttle(),
  isQuotaOn: settings.quota === 'cloud',
  maxClockSkewMs: settings.maxClockSkew * 1000,
  isUnprotectedBodyAllowed: settings.allowUnprotectedBody,
  nowMs: Date.now,
});

const galleryRules = (settings: ServerSettings, nowMs: () => number): GalleryRules => ({
  retention: retentionRules(settings),
  isConsentRequired: settings.strictConsent,
  keepPhotographs: settings.keepPhotos,
  nowMs,
});

function openRecogniser(settings: ServerSettings, uploads: Uploads, analyser: FaceAnalyser): Recogniser {
  const { allowFetchFrom, workers } = settings;
  const thresholds = chooseThresholds(analyser.calibration, settings);
  const pictures = openPictureSource({ allowFetchFrom, uploads });
  return { pictures, analyser, thresholds, admit: pLimit(picturesAtATime(workers)) };
}

function openScanTasks({ allowFetchFrom }: ServerSettings, log: Logger, nowMs: () => number): ScanTasks {
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

function readSeed({ accessKeyId, accessKeySecret }: ServerSettings): KeySeed | undefined {
  if (accessKeyId === undefined && accessKeySecret === undefined) return undefined;
  if (accessKeyId === undefined || accessKeySecret === undefined) {
    throw new BadSetting('LETHE_ACCESS_KEY_ID and LETHE_ACCESS_KEY_SECRET go together: give both or neither');
  }
  return { id: accessKeyId, secret: accessKeySecret };
}

async function readTls({ tlsCert, tlsKey, tlsPort }: ServerSettings): Promise<Ports['tls']> {
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  const [cert, key] = await Promise.all([readFile(tlsCert), readFile(tlsKey)]);
  return { port: tlsPort, cert, key };
}
