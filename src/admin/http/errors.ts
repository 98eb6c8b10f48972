/** One error in the envelope. */
export interface ErrorElement {
  readonly code: number;
  readonly message: string;
  /** JSON pointer (RFC 6901) to the place in the request body. */
  readonly source?: { readonly pointer: string };
  readonly error_chain?: readonly { readonly code: number; readonly message: string }[];
}

/** An error of the catalogue. */
export interface Entry {
  readonly status: number;
  readonly code: number;
  /** `{word}` is filled in where the error is raised. */
  readonly message: string;
  readonly also?: readonly { readonly code: number; readonly message: string }[];
  readonly chain?: readonly { readonly code: number; readonly message: string }[];
}

/** The error of a record with a problem, in the two levels in which the reference has it. */
function dnsError<const C extends number>(code: C) {
  return {
    status: 400,
    code: 1004,
    message: 'DNS Validation Error: {problem}',
    chain: [{ code, message: '{problem}' }],
  } as const;
}

/**
 * Every error of this API. Codes below 1400 and above 5000 are those of the reference API. 1400 to 1599 are ours: 1000 plus the
 * status, or the next free one. docs/API.md says when each occurs. None has status 409, which clients would take for permission to
 * repeat a write.
 */
export const ERRORS = {
  notFound: { status: 404, code: 1001, message: 'not found' },
  /** A query names a pool that does not exist. */
  noPool: { status: 404, code: 1001, message: 'pool not found: {pool}' },
  /** A test of notifications names a destination that does not exist. */
  noDestination: { status: 404, code: 1001, message: 'destination not found: {destination}' },
  invalid: { status: 400, code: 1002, message: '{problem}: validation failed' },
  notUnique: { status: 400, code: 1003, message: '{problem}: value not unique' },
  referenced: {
    status: 412,
    code: 1005,
    message: 'This object is referenced by other objects, delete them first.',
  },
  zoneExists: { status: 400, code: 1061, message: '{problem}: zone already exists' },
  recordName: dnsError(9000),
  recordProxied: dnsError(9003),
  recordContent: dnsError(9004),
  recordContentA: dnsError(9005),
  recordContentAaaa: dnsError(9006),
  recordContentCname: dnsError(9007),
  recordContentMx: dnsError(9009),
  recordType: dnsError(9020),
  recordTtl: dnsError(9021),
  recordField: dnsError(9207),
  /** A record that breaks a rule together with others. */
  recordRule: dnsError(9106),
  recordBesideCname: {
    status: 400,
    code: 81053,
    message: 'An A, AAAA, or CNAME record with that host already exists. {problem}',
  },
  recordExists: { status: 400, code: 81057, message: 'Record already exists. {problem}' },
  recordIdentical: { status: 400, code: 81058, message: 'An identical record already exists. {problem}' },
  recordNotFound: { status: 404, code: 81044, message: 'Record does not exist.' },
  healthUnavailable: { status: 400, code: 1007, message: 'Health info unavailable: {why}' },
  /** A request to verify a token has a wrong one. */
  wrongToken: { status: 401, code: 1000, message: 'Invalid API Token' },
  noAccess: { status: 403, code: 9109, message: 'Invalid access token' },
  wrongKey: { status: 403, code: 9103, message: 'Unknown X-Auth-Key or X-Auth-Email' },
  noCredential: { status: 401, code: 10000, message: 'Authentication error' },
  /** The session of a browser was ended, took its time, or its token has ended. */
  sessionEnded: {
    status: 401,
    code: 10000,
    message: 'Authentication error: this session has ended. Log in again.',
  },
  codeEnded: {
    status: 403,
    code: 9109,
    message: 'Invalid login link: it was used already, or has ended. Log in with a token.',
  },
  limitReached: {
    status: 403,
    code: 1404,
    message: 'This would make {count} {what}, but {bound} allows {max}. Nothing was written.',
  },
  otherAccount: { status: 403, code: 10000, message: 'Authentication error' },
  noRight: { status: 403, code: 10000, message: 'Authentication error: this token may not {what}' },
  otherSite: {
    status: 403,
    code: 10000,
    message:
      'Authentication error: with a session, only the dashboard of this server may send this request. Behind a proxy, the proxy must pass on the Host that the browser asked for.',
  },
  badAuthorization: {
    status: 400,
    code: 6003,
    message: 'Invalid request headers',
    chain: [{ code: 6111, message: 'Invalid format for Authorization header' }],
  },
  badAuthKey: {
    status: 400,
    code: 6003,
    message: 'Invalid request headers',
    chain: [{ code: 6103, message: 'Invalid format for X-Auth-Key header' }],
  },
  badIdentifier: {
    status: 404,
    code: 7003,
    message: 'Could not route to {path}, perhaps your object identifier is invalid?',
  },
  noRoute: {
    status: 404,
    code: 7003,
    message: 'Could not route to {path}, perhaps your object identifier is invalid?',
    also: [{ code: 7000, message: 'No route for that URI' }],
  },
  badJson: { status: 400, code: 6007, message: 'Malformed JSON in request body: {why}' },
  badYaml: { status: 400, code: 1401, message: 'Malformed YAML in request body: {why}' },
  yamlTooLarge: {
    status: 400,
    code: 1402,
    message: 'The document has more than {max} octets as YAML. Ask for JSON.',
  },
  tooManyRecords: {
    status: 400,
    code: 1411,
    message:
      'The store has {count} records, and a document at most {max}. Ask with records=false, and export each zone as a zone file.',
  },
  tooManyWrites: {
    status: 400,
    code: 1403,
    message:
      'This would change more than {max} overrides and other objects at once. Delete some of the overrides first. Nothing was written.',
  },
  badBackup: { status: 400, code: 1407, message: 'The backup cannot be restored: {problem}' },
  storeNotEmpty: {
    status: 400,
    code: 1409,
    message:
      'The store has {count} objects already. Restore with replace=true to replace all of them. Nothing was written.',
  },
  restoredInPart: {
    status: 503,
    code: 1516,
    message:
      'Lifeguard made {count} of the changes of this backup, and could not make the rest. Restore it again with replace=true once you have solved this.',
  },
  badForm: { status: 400, code: 1406, message: 'The form cannot be read: {why}' },
  importInPart: {
    status: 503,
    code: 1508,
    message:
      'The import failed, and up to {max} of its records could not be removed again. Import the file again to add the others.',
  },
  badRequest: { status: 400, code: 1400, message: 'This is not an HTTP request: {why}' },
  wrongMethod: { status: 405, code: 1405, message: 'Method {method} is not allowed here. Allowed: {allow}.' },
  timeout: { status: 408, code: 1408, message: 'The request did not arrive in time' },
  preconditionFailed: {
    status: 412,
    code: 1412,
    message: 'The object is at revision {revision}, not at the one in If-Match. Nothing was written.',
  },
  bodyTooLarge: { status: 413, code: 1413, message: 'The body is larger than {max} octets' },
  badExpectation: {
    status: 417,
    code: 1417,
    message: 'Expect: {expect} is not supported. Only 100-continue is.',
  },
  badConfiguration: {
    status: 422,
    code: 1422,
    message: 'The configuration has problems, so that the settings stay as they were: {problems}',
  },
  tooManyFailures: {
    status: 429,
    code: 1429,
    message: 'Too many wrong credentials from this address. Try again in {seconds} s.',
  },
  tooManyPreviews: {
    status: 429,
    code: 1430,
    message: 'Too many previews{whose} are stored. Lifeguard keeps each for five minutes. Try again then.',
  },
  tooManyWaiting: {
    status: 429,
    code: 1432,
    message: 'Too many requests wait for events or revisions: {max} {whose} at most.',
  },
  tooManyAtOnce: {
    status: 429,
    code: 1434,
    message: 'Too many {what} are running: {max} at a time {whose} at most.',
  },
  testUnderWay: {
    status: 429,
    code: 1433,
    message: 'Another test of notifications is running. Try again in a few seconds.',
  },
  headersTooLarge: { status: 431, code: 1431, message: 'The request header is larger than {max} octets' },
  noTunnel: { status: 501, code: 1501, message: 'CONNECT is not supported: this server is no proxy.' },
  internal: { status: 500, code: 1500, message: 'Internal error' },
  storeUnavailable: {
    status: 503,
    code: 1503,
    message:
      'The store is unreachable. A change in this request may or may not have been made. Once the store is back, read the object, or see the audit events.',
  },
  notReplicated: {
    status: 503,
    code: 1514,
    message:
      'The change was made, as revision {revision}, but only {have} of {wanted} replicas of Redis confirmed it in time. If Redis fails over now, the change may be lost. Do not repeat the change: read the object first.',
  },
  tokenWithdrawn: {
    status: 503,
    code: 1517,
    message:
      'Lifeguard created no token: only {have} of {wanted} replicas of Redis confirmed it in time, so Lifeguard deleted it again. Try again once they confirm changes.',
  },
  tokenWithoutSecret: {
    status: 503,
    code: 1518,
    message:
      'The store did not say whether it created the token {name}, and nobody knows its secret. If it is in the list of tokens, delete it, and create another.',
  },
  storeUnwritten: {
    status: 503,
    code: 1507,
    message: 'The store is unreachable. No object was changed.',
  },
  storeUnread: { status: 503, code: 1505, message: 'The store is unreachable.' },
  tooManyConnections: {
    status: 503,
    code: 1506,
    message:
      'Too many connections are busy. This one is reserved for requests about the health of the process.',
  },
  storeDamaged: {
    status: 503,
    code: 1511,
    message:
      'The store has lost data ({why}). It accepts no changes until you restore it or run "lifeguard store repair". Nothing was written.',
  },
  storeRefuses: {
    status: 503,
    code: 1510,
    message: 'The store refuses this: {why}. Nothing was written.',
  },
  storeRefusesReads: {
    status: 503,
    code: 1513,
    message: 'The store refuses to be read: {why}.',
  },
  /** The status is that of what kept the rest from being stored. */
  partlyApplied: {
    status: 503,
    code: 1512,
    message:
      'Lifeguard stored {count} of the changes of this document. It could not store the rest: {why}. Apply the document again once you have solved this.',
  },
  writeContention: {
    status: 503,
    code: 1504,
    message: 'Others changed the object again and again in the meantime. Nothing was written. Try again.',
  },
} as const satisfies Record<string, Entry>;

export type ErrorName = keyof typeof ERRORS;

/** The errors of a kind of objects, where its clients know others than those of this name. */
export interface Faults {
  readonly notFound: ErrorName;
  readonly invalid: ErrorName;
  readonly notUnique: ErrorName;
}

/** An error of a request. Handlers throw it, and the error handler of the server answers it in the envelope. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly errors: readonly ErrorElement[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    errors: readonly ErrorElement[],
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(errors.map((error) => error.message).join('; '));
    this.status = status;
    this.errors = errors;
    this.headers = headers;
  }
}

/** Characters of the request's own text that an error shows. */
export const QUOTED_MAX = 400;

/** Creates the error `name` of the catalogue, with the words of its message filled in. */
export function apiError(
  name: ErrorName,
  words: Readonly<Record<string, string | number>> = {},
  headers: Readonly<Record<string, string>> = {},
): ApiError {
  const { status, code, message, also = [], chain }: Entry = ERRORS[name];
  const first = {
    code,
    message: fill(message, words),
    ...(chain === undefined ? {} : { error_chain: chain }),
  };
  return new ApiError(status, [first, ...also], headers);
}

/** As apiError, for a problem at a place of the request body. */
export function apiErrorAt(
  pointer: string,
  name: ErrorName,
  words: Readonly<Record<string, string | number>>,
): ApiError {
  const { status, errors } = apiError(name, words);
  return new ApiError(
    status,
    errors.map((error) => ({ ...error, source: { pointer } })),
  );
}

/** Fills in the `{words}` of a catalogue message. */
export function fill(message: string, words: Readonly<Record<string, string | number>>): string {
  return message.replace(/\{(\w+)\}/g, (_, word: string) => quoted(String(words[word])));
}

/** Cuts text of the client to QUOTED_MAX characters. */
export function quoted(text: string): string {
  return text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX)}…` : text;
}
