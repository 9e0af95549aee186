// Every number the wire promises or refuses by, once, with where it comes from.

/** Characters of a personId or groupId. Source: help.aliyun.com/document_detail/70418.html */
export const maxIdLength = 32;

/** Groups of one account. Source: document_detail/70418.html */
export const maxGroupsPerAccount = 100;

/** Faces of one person. Source: document_detail/70422.html */
export const maxFacesPerPerson = 20;

/** Characters of a picture's URL (data: URIs apart). Source: document_detail/70422.html */
export const maxUrlLength = 2048;

/** Tasks of one image scan. Source: document_detail/70417.html */
export const maxScanTasks = 100;

/** How long the result of an asynchronous scan is kept, ms. Source: document_detail/92002.html */
export const scanResultKeptMs = 3_600_000;

/** Results of asynchronous scans kept for an account; the oldest give way. The cloud states none: ten thousand of 20 faces with 5 persons each take some 100 MB. */
export const maxScanResults = 10_000;

/** Asynchronous scans of an account that wait or run, and the characters of their pictures' URLs: one request of the largest size fits. */
export const maxWaitingScans = 1_000;
export const maxWaitingScanCharacters = 64 * 1024 * 1024;

/** Characters of the seed of a callback. Source: document_detail/92002.html */
export const maxSeedLength = 64;

/** How often a callback that was not answered with HTTP 200 is sent again. Source: document_detail/92002.html */
export const maxCallbackRepeats = 16;

/** How long a callback may take, ms. The cloud states none. */
export const callbackTimeoutMs = 10_000;

/** Persons listed for each face of an sface-n search. Source: document_detail/70417.html */
export const maxPersonsPerFace = 5;

/** Persons listed for each face of Lethe's own search: enough to look through by eye. */
export const maxPersonsPerIdentify = 100;

/** Faces searched in one picture. Source: document_detail/121341.html */
export const maxFacesPerProbe = 20;

/** Bytes of one picture: 20 MB. Source: document_detail/70417.html (an older page says 10) */
export const maxPictureBytes = 20 * 1024 * 1024;

/** Longest side of a picture, pixels. Source: document_detail/70417.html */
export const maxPictureSide = 30_000;

/** Pixels of a picture in all. Source: document_detail/70417.html */
export const maxPicturePixels = 250_000_000;

/** Pixels of a GIF in all. Source: document_detail/70417.html */
export const maxGifPixels = 4_194_304;

/** How long one picture may take to arrive, ms. Source: document_detail/70417.html */
export const pictureTimeoutMs = 3_000;

/** UTF-8 bytes of a person's name and of the note. The cloud states none: ours follow from the sealed record's size. */
export const maxNameBytes = 512;
export const maxNoteBytes = 1_024;

/** UTF-8 bytes of each text of a consent: three of them fill what a name and a note leave of the sealed record. */
export const maxConsentBytes = 180;

/** Face ids are decimal strings of 13 to 15 digits: exact as strings and as JSON numbers (below 2^53). */
export const minFaceId = 1_000_000_000_000;
export const maxFaceId = 999_999_999_999_999;

/** Ids in one request: generous, since the cloud states none, yet bounded. */
export const maxIdsPerRequest = 100;

/** Persons on one page of GetPersons. Source: document_detail/70426.html */
export const maxPersonsPerPage = 100;
export const defaultPersonsPerPage = 20;

/** Bytes of a request's body: 20 data: URIs of a few megabytes fit; the cloud states no limit. */
export const maxBodyBytes = 64 * 1024 * 1024;

/** Characters of a body's JSON besides its long strings: 100 tasks of 5,000 fit, and are read in a fraction of a second. */
export const maxJsonCharacters = 1024 * 1024;

/** Characters of the Authorization header: an RSA-4096 signature in hex takes 1024, the names of 30 signed headers as much. */
export const maxAuthorizationLength = 4096;

/** Characters of a nonce, which the server remembers: SDKs send 32 to 64 (PHP's has a point and a space). */
export const maxNonceLength = 128;

/** Characters of a security token: the cloud's have up to about a thousand; ours grow with the actions they allow. */
export const maxSecurityTokenLength = 4096;

/** How long an upload waits to be used, and its credentials last, ms: an hour. */
export const uploadLifeMs = 3_600_000;

/** UTF-8 bytes of an object's name. Source: help.aliyun.com/zh/oss/support/0016-00000003 */
export const maxObjectNameBytes = 1_023;

/** Characters of an idempotency key: a UUID fits, and a name before it. */
export const maxIdempotencyKeyLength = 128;
