// Reads the header of the JPEGs that are decoded quickly: baseline, in colour, in one scan.

/** One of brightness and the two colour differences: its blocks of an MCU, and its tables. */
export interface JpegComponent {
  readonly across: number;
  readonly down: number;
  /** 64, in the order of the bits. */
  readonly quantisers: Uint8Array;
  readonly dcCodes: Uint8Array;
  readonly acCodes: Uint8Array;
}

export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  readonly components: readonly JpegComponent[];
  /** Where the stored rows and columns belong, 1 to 8, as Exif numbers it. */
  readonly orientation: number;
  /** MCUs from one restart to the next; 0 where there are none. */
  readonly restartInterval: number;
  /** Where the scan's bits begin. */
  readonly scanStart: number;
}

/** Of ITU-T T.81, table B.1; in APP1, APP2 and APP14 stand Exif, colour profiles, and Adobe's own colours. */
const marker = { sof0: 0xc0, dht: 0xc4, sos: 0xda, dqt: 0xdb, dri: 0xdd, com: 0xfe };
const app = { first: 0xe0, exif: 0xe1, profile: 0xe2, adobe: 0xee, last: 0xef };

/** Narrower ones libjpeg does not smooth. */
const leastWidth = 8;

/** A hostile file may hold millions. */
const mostSegments = 256;

/** What the segments before the scan have told. */
interface Told {
  readonly quantisers: Map<number, Uint8Array>;
  readonly codes: Map<number, Uint8Array>;
  frame?: DataView;
  orientation?: number;
  restartInterval: number;
}

/** Undefined where the picture is of any other kind, has a colour profile, or is damaged. */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  try {
    return readSegments(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (error) {
    // Of a view: the header ends too early.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function readSegments(file: DataView): JpegHeader | undefined {
  const told: Told = { quantisers: new Map(), codes: new Map(), restartInterval: 0 };
  let at = 2;
  for (let i = 0; i < mostSegments && file.getUint8(at) === 0xff; i++) {
    const code = file.getUint8(at + 1);
    const length = file.getUint16(at + 2);
    const segment = partOf(file, at + 4, length - 2);
    at += 2 + length;
    if (code === marker.sos) return readScan(segment, told, at);
    if (!readSegment(code, segment, told)) return undefined;
  }
  return undefined;
}

/** Whether it is one that may be there. */
function readSegment(code: number, segment: DataView, told: Told): boolean {
  switch (code) {
    case marker.sof0:
      if (told.frame !== undefined) return false;
      told.frame = segment;
      return true;
    case marker.dqt:
      return readQuantisers(segment, told.quantisers);
    case marker.dht:
      return readCodes(segment, told.codes);
    case marker.dri:
      told.restartInterval = segment.getUint16(0);
      return segment.byteLength === 2;
    case app.exif:
      return !beginsWith(segment, 'Exif\0') || readOrientation(segment, told);
    case app.profile:
      return !beginsWith(segment, 'ICC_PROFILE\0');
    case app.adobe:
      // Colours may be others than JFIF's; those of transform 1 are the same.
      return !beginsWith(segment, 'Adobe') || segment.getUint8(11) === 1;
    default:
      return code === marker.com || (code >= app.first && code <= app.last);
  }
}

/** @throws {RangeError} where the part ends behind the whole */
function partOf(whole: DataView, at: number, length: number): DataView {
  if (at + length > whole.byteLength) throw new RangeError('the header ends too early');
  return new DataView(whole.buffer, whole.byteOffset + at, length);
}

function bytesOf(segment: DataView, at: number, length: number): Uint8Array {
  const part = partOf(segment, at, length);
  return new Uint8Array(part.buffer, part.byteOffset, length);
}

function beginsWith(segment: DataView, text: string): boolean {
  if (segment.byteLength < text.length) return false;
  return String.fromCharCode(...bytesOf(segment, 0, text.length)) === text;
}

/** Those of 8 bits, which a baseline picture has; each once. */
function readQuantisers(segment: DataView, quantisers: Told['quantisers']): boolean {
  for (let at = 0; at < segment.byteLength; at += 65) {
    const number = segment.getUint8(at);
    if (number > 3 || quantisers.has(number)) return false;
    quantisers.set(number, bytesOf(segment, at + 1, 64));
  }
  return true;
}

function readCodes(segment: DataView, codes: Told['codes']): boolean {
  for (let at = 0; at < segment.byteLength; ) {
    const number = segment.getUint8(at);
    const symbols = bytesOf(segment, at + 1, 16).reduce((sum, count) => sum + count, 0);
    if (symbols > 256 || (number & 15) > 3 || codes.has(number)) return false;
    codes.set(number, bytesOf(segment, at + 1, 16 + symbols));
    at += 17 + symbols;
  }
  return true;
}

/** Of the first directory of an Exif segment, tag 0x0112; whether it is one that everybody understands alike. */
function readOrientation(segment: DataView, told: Told): boolean {
  if (told.orientation !== undefined) return false;
  told.orientation = 1;
  const start = 6;
  const isLittle = segment.getUint16(start) === 0x4949;
  const directory = start + segment.getUint32(start + 4, isLittle);
  const entries = segment.getUint16(directory, isLittle);
  for (let entry = 0; entry < entries; entry++) {
    const at = directory + 2 + 12 * entry;
    if (segment.getUint16(at, isLittle) !== 0x0112) continue;
    told.orientation = segment.getUint16(at + 8, isLittle);
    // One number of 16 bits.
    const isShort = segment.getUint16(at + 2, isLittle) === 3 && segment.getUint32(at + 4, isLittle) === 1;
    return isShort && told.orientation >= 1 && told.orientation <= 8;
  }
  return true;
}

function readScan(scan: DataView, told: Told, scanStart: number): JpegHeader | undefined {
  const { frame, orientation = 1, restartInterval } = told;
  // Three components in each, of 8 bits; all coefficients of a block, all their bits.
  if (frame?.byteLength !== 15 || frame.getUint8(0) !== 8 || frame.getUint8(5) !== 3) return undefined;
  if (scan.byteLength !== 10 || scan.getUint8(0) !== 3 || scan.getUint16(7) !== 63 || scan.getUint8(9) !== 0)
    return undefined;
  const components: JpegComponent[] = [];
  for (const i of [0, 1, 2]) {
    const component = readComponent(frame, scan, told, i);
    if (component === undefined) return undefined;
    components.push(component);
  }
  const [width, height] = [frame.getUint16(3), frame.getUint16(1)];
  if (width < leastWidth || height === 0 || !isUsual(components)) return undefined;
  return { width, height, components, orientation, restartInterval, scanStart };
}

/** Whether brightness alone is finer than the rest: not at all, across, or across and down. */
const isUsual = (components: readonly JpegComponent[]): boolean =>
  /^(1x1|2x1|2x2) 1x1 1x1$/.test(components.map(({ across, down }) => `${across}x${down}`).join(' '));

/** Numbered as JFIF has it: others may mean other colours. */
function readComponent(
  frame: DataView,
  scan: DataView,
  { quantisers, codes }: Told,
  index: number,
): JpegComponent | undefined {
  const at = 6 + 3 * index;
  if (frame.getUint8(at) !== index + 1 || scan.getUint8(1 + 2 * index) !== index + 1) return undefined;
  const sampling = frame.getUint8(at + 1);
  const tables = scan.getUint8(2 + 2 * index);
  const found = quantisers.get(frame.getUint8(at + 2));
  const dcCodes = codes.get(tables >> 4);
  const acCodes = codes.get(16 + (tables & 15));
  if (found === undefined || dcCodes === undefined || acCodes === undefined) return undefined;
  return { across: sampling >> 4, down: sampling & 15, quantisers: found, dcCodes, acCodes };
}
