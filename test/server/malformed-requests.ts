// Requests that no client should send, each with the answer it gets: byte by byte, as latin1 text.

/** HTTP status and the gateway's Code; or 200, the service's code and the beginning of its msg. */
export type Expected =
  | readonly [status: number, code: string]
  | readonly [status: 200, code: number, msg: string];

export interface RawRequest {
  readonly what: string;
  readonly bytes: string;
  /** One for each answer on the connection, in order; the server closes it afterwards. */
  readonly answers: readonly Expected[];
  /** HEAD and what looks like it: the answer has a head only. */
  readonly isHeadOnly?: boolean;
  /** The client closes its sending half behind the bytes. */
  readonly isHalfClosed?: boolean;
}

const path = '/green/sface/groups';
const invalid = [[400, 'InvalidRequest']] as const;
const unsigned = [[400, 'MissingAuthorization']] as const;
const head = (target: string, ...lines: string[]) =>
  [
    `POST ${target} HTTP/1.1`,
    'host: x',
    'x-acs-version: 2018-05-09',
    'connection: close',
    ...lines,
    '',
    '',
  ].join('\r\n');
const method = (name: string, target = path) =>
  `${name} ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`;
const noSuchMethod = [[400, 'UnsupportedHTTPMethod']] as const;

const requestLines: RawRequest[] = [
  { what: 'no HTTP at all', bytes: 'hello\r\n\r\n', answers: invalid },
  { what: 'a TLS hello', bytes: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', answers: invalid },
  { what: 'HTTP/0.9', bytes: 'GET /\r\n\r\n', answers: invalid },
  { what: 'HTTP/3.7', bytes: `POST ${path} HTTP/3.7\r\nhost: x\r\n\r\n`, answers: invalid },
  { what: 'the preface of HTTP/2', bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', answers: invalid },
  {
    what: 'HTTP/1.0 without a host',
    bytes: `POST ${path} HTTP/1.0\r\nx-acs-version: 2018-05-09\r\n\r\n`,
    answers: unsigned,
  },
  {
    what: 'HTTP/1.1 without a host',
    bytes: `POST ${path} HTTP/1.1\r\nconnection: close\r\n\r\n`,
    answers: invalid,
  },
  { what: 'two hosts', bytes: head(path, 'host: y'), answers: invalid },
  {
    what: 'a bare line feed in the request line',
    bytes: `POST ${path} HTTP/1.1\nhost: x\n\n`,
    answers: invalid,
  },
  { what: 'a NUL in the request line', bytes: `POST /\0 HTTP/1.1\r\nhost: x\r\n\r\n`, answers: invalid },
  {
    what: 'an upgrade to HTTP/2',
    bytes: head(path, 'upgrade: h2c', 'http2-settings: AAMAAABkAAQAAP__'),
    answers: unsigned,
  },
  {
    what: 'an upgrade to a web socket',
    bytes: `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\nupgrade: websocket\r\n\r\n`,
    answers: noSuchMethod,
  },
];

const targets: RawRequest[] = [
  { what: 'an absolute target', bytes: head(`http://x${path}`), answers: invalid },
  { what: 'an absolute target of another scheme', bytes: head('file:///etc/passwd'), answers: invalid },
  { what: 'an authority', bytes: head('x:80'), answers: invalid },
  { what: 'an asterisk', bytes: method('OPTIONS', '*'), answers: invalid },
  { what: 'a file of the machine', bytes: head('/etc/passwd'), answers: [[404, 'InvalidApi.NotFound']] },
  { what: 'two slashes and a host', bytes: head(`//evil${path}`), answers: [[404, 'InvalidApi.NotFound']] },
  {
    what: 'dots in the path',
    bytes: head('/green/x/../sface/groups'),
    answers: [[404, 'InvalidApi.NotFound']],
  },
  {
    what: 'a path whose slashes are encoded',
    bytes: head('/green%2Fsface%2Fgroups'),
    answers: [[404, 'InvalidApi.NotFound']],
  },
  { what: '%00 in the path', bytes: head(`${path}%00`), answers: [[404, 'InvalidApi.NotFound']] },
  { what: 'a fragment', bytes: head(`${path}#x`), answers: invalid },
  { what: 'UTF-8 in the path', bytes: head(`${path}/\xc3\xa4`), answers: invalid },
  { what: 'a lone byte of UTF-8 in the path', bytes: head(`${path}/\xff`), answers: invalid },
  { what: 'a byte order mark before the path', bytes: head(`\xef\xbb\xbf${path}`), answers: invalid },
  { what: 'UTF-8 in the query', bytes: head(`${path}?a=\xc3\xa4`), answers: invalid },
  { what: 'a query of 20 kB', bytes: head(`${path}?a=${'a'.repeat(20_000)}`), answers: invalid },
];

const methods: RawRequest[] = [
  ...['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'].map((name) => ({
    what: `the method ${name}`,
    bytes: method(name),
    answers: noSuchMethod,
  })),
  { what: 'the method HEAD', bytes: method('HEAD'), answers: [[400, '']], isHeadOnly: true },
  { what: 'the method CONNECT', bytes: method('CONNECT', 'x:80'), answers: noSuchMethod },
  { what: 'CONNECT to an operation', bytes: method('CONNECT'), answers: noSuchMethod },
  { what: 'a method that does not exist', bytes: method('FETCH'), answers: invalid },
  { what: 'a method in lower case', bytes: method('post'), answers: invalid },
];

const headers: RawRequest[] = [
  { what: 'a header without a colon', bytes: head(path, 'broken'), answers: invalid },
  { what: 'a header without a name', bytes: head(path, ': x'), answers: invalid },
  { what: 'a blank before the colon', bytes: head(path, 'x-acs-a : 1'), answers: invalid },
  { what: 'a folded header', bytes: head(path, 'x-acs-a: 1', ' 2'), answers: invalid },
  { what: 'a NUL in a header', bytes: head(path, 'x-acs-a: \0'), answers: invalid },
  {
    what: 'a lone line feed in a header',
    bytes: head(path, 'x-acs-a: 1\nauthorization: acs a:b'),
    answers: invalid,
  },
  {
    what: 'a lone carriage return in a header',
    bytes: head(path, 'x-acs-a: 1\rauthorization: acs a:b'),
    answers: invalid,
  },
  { what: 'UTF-8 in Authorization', bytes: head(path, 'authorization: acs \xc3\xa4:b'), answers: invalid },
  {
    what: 'two Authorization headers',
    bytes: head(path, 'authorization: acs a:b', 'authorization: acs c:d'),
    answers: invalid,
  },
  { what: 'two versions', bytes: head(path, 'x-acs-version: 2018-05-09'), answers: invalid },
  { what: 'a header of 20 kB', bytes: head(path, `x-acs-a: ${'a'.repeat(20_000)}`), answers: invalid },
  {
    what: '3000 headers, and no Authorization',
    bytes: head(path, ...Array.from({ length: 3_000 }, (_, i) => `${i.toString(36)}:`)),
    answers: unsigned,
  },
  {
    what: 'an Authorization behind 2100 headers',
    bytes: head(path, ...Array(2_100).fill('a:'), 'authorization: acs a:b', 'authorization: acs a:b'),
    answers: invalid,
  },
  { what: 'an expectation that nobody meets', bytes: head(path, 'expect: x-teapot'), answers: unsigned },
  { what: 'Accept that wants XML', bytes: head(path, 'accept: text/xml'), answers: unsigned },
];

/** As a caller that hides a second request in the body of the first would send it. */
const hidden = `POST /green/sface/person/delete HTTP/1.1\r\nhost: x\r\n\r\n`;
const lengths: RawRequest[] = [
  {
    what: 'two lengths that differ',
    bytes: `${head(path, 'content-length: 0', `content-length: ${hidden.length}`)}${hidden}`,
    answers: invalid,
  },
  {
    what: 'two lengths that agree',
    bytes: head(path, 'content-length: 0', 'content-length: 0'),
    answers: invalid,
  },
  { what: 'a list of lengths', bytes: head(path, 'content-length: 0, 0'), answers: invalid },
  { what: 'a length below zero', bytes: head(path, 'content-length: -1'), answers: invalid },
  { what: 'a length with a sign', bytes: head(path, 'content-length: +1'), answers: invalid },
  { what: 'a length in hexadecimal', bytes: head(path, 'content-length: 0x1'), answers: invalid },
  { what: 'a length past 2^64', bytes: head(path, 'content-length: 18446744073709551617'), answers: invalid },
  {
    what: 'a length and chunks',
    bytes: `${head(path, 'content-length: 5', 'transfer-encoding: chunked')}0\r\n\r\n${hidden}`,
    answers: invalid,
  },
  {
    what: 'chunks and a length',
    bytes: `${head(path, 'transfer-encoding: chunked', 'content-length: 5')}0\r\n\r\n${hidden}`,
    answers: invalid,
  },
  {
    what: 'a transfer coding that is none',
    bytes: `${head(path, 'transfer-encoding: xchunked')}0\r\n\r\n${hidden}`,
    answers: invalid,
  },
  {
    what: 'chunks that are not the last coding',
    bytes: `${head(path, 'transfer-encoding: chunked, identity')}0\r\n\r\n${hidden}`,
    answers: invalid,
  },
  {
    what: 'chunks twice',
    bytes: `${head(path, 'transfer-encoding: chunked', 'transfer-encoding: chunked')}0\r\n\r\n`,
    answers: invalid,
  },
  {
    what: 'a transfer coding after a vertical tab',
    bytes: `${head(path, 'transfer-encoding: \x0bchunked')}0\r\n\r\n${hidden}`,
    answers: invalid,
  },
  {
    what: 'a chunk size that is no number',
    bytes: `${head(path, 'transfer-encoding: chunked')}zz\r\n\r\n`,
    answers: invalid,
  },
  { what: 'a body without any length', bytes: `${head(path)}{}`, answers: unsigned },
];

const connections: RawRequest[] = [
  {
    what: 'two requests in one write',
    bytes: `${head(path).replace('connection: close\r\n', '')}${method('GET')}`,
    answers: [...unsigned, ...noSuchMethod],
  },
  {
    what: 'a request and rubbish behind it',
    bytes: `${head(path).replace('connection: close\r\n', '')}rubbish\r\n\r\n`,
    answers: [...unsigned, ...invalid],
  },
  {
    what: 'a client that sends no more, and listens',
    bytes: head(path).replace('connection: close\r\n', ''),
    answers: unsigned,
    isHalfClosed: true,
  },
  { what: 'half a request line, and the end', bytes: 'POST /gre', answers: invalid, isHalfClosed: true },
  {
    what: 'half a header, and the end',
    bytes: `POST ${path} HTTP/1.1\r\nhos`,
    answers: invalid,
    isHalfClosed: true,
  },
  { what: 'empty lines before a request', bytes: `\r\n\r\n${head(path)}`, answers: unsigned },
];

export const rawRequests: readonly RawRequest[] = [
  ...requestLines,
  ...targets,
  ...methods,
  ...headers,
  ...lengths,
  ...connections,
];

/** A request whose head is signed as it should be, and whose body, query or framing is odd. */
export interface SignedRequest {
  readonly what: string;
  readonly body: string | Uint8Array;
  /** GetPerson where not given. */
  readonly target?: string;
  /** Where the target cannot be signed. */
  readonly signedTarget?: string;
  /** Lines added to the head, unsigned. */
  readonly lines?: readonly string[];
  /** How the body is framed; counted where not given. Chunks are signed as the body they carry. */
  readonly framing?: 'chunked' | 'short' | 'endless';
  readonly answer: Expected;
}

const notJson: Expected = [200, 400, 'body: must be JSON in UTF-8'];
const unknownPerson: Expected = [200, 400, 'The person is not exist!'];
const addPerson = '/green/sface/person/add';
const person = (fields: string) => `{"groupIds":["g"],"personId":"odd",${fields}}`;
const nobody = '{"personId":"nobody"}';

export const signedRequests: readonly SignedRequest[] = [
  { what: 'a body in chunks', body: nobody, framing: 'chunked', answer: unknownPerson },
  { what: 'a body that ends early', body: nobody, framing: 'short', answer: [400, 'InvalidRequest'] },
  {
    what: 'a chunked body that breaks off',
    body: nobody,
    framing: 'endless',
    answer: [400, 'InvalidRequest'],
  },
  { what: 'Expect: 100-continue', body: nobody, lines: ['expect: 100-continue'], answer: unknownPerson },
  {
    what: 'a body said to be packed',
    body: nobody,
    lines: ['content-encoding: gzip'],
    answer: unknownPerson,
  },
  {
    what: 'a packed body',
    body: Buffer.from('1f8b08000000000000030000', 'hex'),
    lines: ['content-encoding: gzip'],
    answer: notJson,
  },
  { what: 'a byte order mark before the JSON', body: `\u{feff}${nobody}`, answer: unknownPerson },
  { what: 'invalid UTF-8', body: Buffer.from([0x7b, 0xff, 0x7d]), answer: notJson },
  { what: 'an overlong slash', body: Buffer.from('{"personId":"\xc0\xaf"}', 'latin1'), answer: notJson },
  {
    what: 'a surrogate in UTF-8',
    body: Buffer.from('{"personId":"\xed\xa0\x80"}', 'latin1'),
    answer: notJson,
  },
  { what: 'UTF-16', body: Buffer.from(nobody, 'utf16le'), answer: notJson },
  { what: 'a NUL behind the JSON', body: `${nobody}\0`, answer: notJson },
  { what: 'two values', body: `${nobody}${nobody}`, answer: notJson },
  { what: 'a comment', body: `/**/${nobody}`, answer: notJson },
  { what: 'single quotes', body: "{'personId':'x'}", answer: notJson },
  { what: 'a comma too many', body: '{"personId":"x",}', answer: notJson },
  { what: 'NaN', body: '{"personId":NaN}', answer: notJson },
  { what: 'a key twice', body: '{"personId":"a","personId":"b"}', answer: notJson },
  { what: 'brackets a million deep', body: '['.repeat(1_000_000), answer: notJson },
  {
    what: 'brackets half a million deep, all closed',
    body: `{"personId":"nobody","x":${'['.repeat(500_000)}${']'.repeat(500_000)}}`,
    answer: notJson,
  },
  { what: 'objects a hundred thousand deep', body: '{"a":'.repeat(100_000), answer: notJson },
  {
    what: 'a number of a million digits',
    body: `{"personId":${'9'.repeat(1_000_000)}}`,
    answer: [200, 400, 'personId: must be a string'],
  },
  {
    what: 'a number beyond all',
    body: '{"groupId":"g","pageSize":1e400}',
    target: '/green/sface/group/persons',
    answer: [200, 400, 'pageSize: must be a whole number'],
  },
  {
    what: 'minus zero',
    body: '{"groupId":"g","currentPage":-0}',
    target: '/green/sface/group/persons',
    answer: [200, 400, 'currentPage: must be at least 1'],
  },
  { what: '__proto__', body: '{"__proto__":{"personId":"x"}}', answer: [200, 400, 'personId: is required'] },
  {
    what: 'fifty thousand keys',
    body: `{${Array.from({ length: 50_000 }, (_, i) => `"k${i}":0`).join()}}`,
    answer: [200, 400, 'personId: is required'],
  },
  {
    what: 'two megabytes of blanks',
    body: `${' '.repeat(2_000_000)}${nobody}`,
    answer: [200, 400, 'body: holds more than 1048576 characters besides long texts'],
  },
  {
    what: 'half a surrogate pair in a name',
    body: person('"name":"\\ud800"'),
    target: addPerson,
    answer: [200, 400, 'name: must be well-formed Unicode'],
  },
  {
    what: 'the other half in a note',
    body: person('"note":"x\\udc00"'),
    target: addPerson,
    answer: [200, 400, 'note: must be well-formed Unicode'],
  },
  {
    what: '%00 in the query',
    body: nobody,
    target: '/green/sface/person?clientInfo=%00',
    answer: [200, 400, 'clientInfo: must be a JSON object'],
  },
  {
    what: 'an overlong slash in the query',
    body: nobody,
    target: '/green/sface/person?clientInfo=%C0%AF',
    signedTarget: '/green/sface/person',
    answer: [400, 'InvalidRequest'],
  },
  {
    what: 'half an escape in the query',
    body: nobody,
    target: '/green/sface/person?clientInfo=%4',
    signedTarget: '/green/sface/person',
    answer: [400, 'InvalidRequest'],
  },
  {
    what: 'a surrogate in the query',
    body: nobody,
    target: '/green/sface/person?clientInfo=%ED%A0%80',
    signedTarget: '/green/sface/person',
    answer: [400, 'InvalidRequest'],
  },
  {
    what: 'clientInfo twice',
    body: nobody,
    target: '/green/sface/person?clientInfo=%7B%7D&ClientInfo=%7B%7D',
    answer: [200, 400, 'clientInfo: given more than once'],
  },
  {
    what: 'clientInfo that is deep',
    body: nobody,
    target: `/green/sface/person?clientInfo=${'['.repeat(10_000)}`,
    answer: [200, 400, 'clientInfo: must be a JSON object'],
  },
];
