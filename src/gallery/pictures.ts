// Pictures, where they come from, and uploads that wait to be used: what is asked of the world for them. Types only.

/** A decoded, upright picture: RGB, 8 bits a channel, row-major, no alpha. */
export interface Picture {
  /** width x height x 3 bytes. */
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Original pixels per pixel of `pixels` (1, or more where a large photograph was shrunk while decoding). */
  readonly scale: number;
}

/** A picture that whoever looks at it may decode, in the thread where it does. */
export interface EncodedPicture {
  /** Bytes of a file whose header promises that. */
  readonly jpeg: Uint8Array;
  /** Of what it becomes. */
  readonly width: number;
  readonly height: number;
  /** Original pixels that are to become one, across and down. */
  readonly scale: 1 | 2;
  /**
   * Does it here: for where the rest of the file breaks that promise.
   * @throws {Refusal} badFormat, downloadFailed
   */
  decode(): Promise<Picture>;
}

/** Where pictures come from. */
export interface PictureSource {
  /**
   * Fetches the picture behind an http, https or data URL, or an upload of the account behind an oss URL, and decodes it or
   * leaves that to whoever looks at it.
   * @throws {Refusal} badRequest, unsafeAddress, addressForbidden, pictureNotFound, downloadFailed, pictureTooLarge,
   * badFormat, downloadTimeout, permissionDenied
   */
  open(url: string, account: string): Promise<Picture | EncodedPicture>;
  /** As `open`, with the bytes as they were received. */
  openWithBytes(
    url: string,
    account: string,
  ): Promise<{ picture: Picture | EncodedPicture; bytes: Uint8Array }>;
  /** JPEG of a face and half its size around it, from bytes that were opened before. */
  cutOut(bytes: Uint8Array, face: Box): Promise<Uint8Array>;
  /** Such as image/jpeg, by what the bytes are. */
  mediaTypeOf(bytes: Uint8Array): string;
  /** As `UploadStore.during`. */
  during<Value>(account: string, work: () => Promise<Value>): Promise<Value>;
}

/** A kept photograph in clear: to be zeroed by whoever asked for it. */
export interface KeptPhotograph {
  readonly bytes: Uint8Array;
  /** False once its face is deleted: nothing more of it may be given out. */
  isKept(): boolean;
}

/** A rectangle in original pixels of the picture; may reach past its edges. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** An upload that is arriving. */
export interface ArrivingUpload {
  /** @throws {Refusal} storageFull where waiting uploads take all the memory there is for them */
  write(chunk: Uint8Array): void;
  /** MD5 of what has come, base64; nothing can be written after it. */
  readonly md5: string;
  /** From now on it can be opened; one of the same name is gone. */
  keep(): void;
  /** Forgets what has come; nothing after `keep`. */
  drop(): void;
}

/** Pictures that were uploaded and wait to be used: in memory, sealed, each under a key of its own. */
export interface UploadStore {
  receive(account: string, object: string): ArrivingUpload;
  /** Whether the account has this object, with this MD5 (base64). */
  holds(account: string, object: string, md5: string): boolean;
  /** The bytes, for the caller to overwrite; undefined when there is no such upload of this account. */
  open(account: string, object: string): Buffer | undefined;
  /**
   * Does a request's work. What it opens stays until it has ended, and so have the others of the account that were under
   * way at the first opening; then it is gone.
   */
  during<Value>(account: string, work: () => Promise<Value>): Promise<Value>;
}
