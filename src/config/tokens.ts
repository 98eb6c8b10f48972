import {
  integer,
  keyIn,
  list,
  mapping,
  oneOf,
  optional,
  type Place,
  type Reader,
  report,
  required,
  secretText,
  shapedAs,
  TextError,
  text,
} from '../input/reader.ts';
import { isPoolName, poolNameKey } from '../pool/pool-name.ts';
import {
  isNamePattern,
  type RecordRights,
  RIGHTS_LISTED_MAX,
  recordRightsOf,
} from '../pool/record-rights.ts';
import { isRfc3339Time } from '../pool/rfc3339.ts';
import { BOOTSTRAP, type ConfiguredToken, isTokenName, SCOPES } from '../pool/token.ts';
import { recordTypeNumber } from '../rdata/record-type.ts';

/** Maximum number of tokens in a configuration; each request is compared with all of them. */
export const CONFIGURED_TOKENS_MAX = 100;
/** The largest quota of a token. */
export const QUOTA_MAX = 10_000_000;

const name = text((found) => {
  if (!isTokenName(found))
    throw new TextError('must be 1 to 64 letters, digits and any of . _ -, a letter or digit first');
  if (found.toLowerCase() === BOOTSTRAP) throw new TextError('is reserved for the token in api.token');
  return found;
});

/** Never shown, in case somebody writes the secret itself here. */
const hash = secretText((found) => {
  if (!/^[0-9a-f]{64}$/.test(found))
    throw new TextError('must be the SHA-256 of the token in 64 lower-case hexadecimal digits');
  return found;
});

const poolPrefix = text((found) => {
  if (!isPoolName(found)) throw new TextError('must be 1 to 63 letters, digits, hyphens or underscores');
  return poolNameKey(found);
});

const time = text((found) => {
  if (!isRfc3339Time(found)) throw new TextError('must be a time such as 2026-06-01T12:00:00Z (RFC 3339)');
  return found;
});

const rightsOf = (holds: (text: string) => boolean, rule: string) =>
  optional(
    list(
      text((found) => {
        if (!holds(found)) throw new TextError(rule);
        return found;
      }),
      1,
      RIGHTS_LISTED_MAX,
    ),
  );
const readRights = mapping({
  zones: rightsOf((found) => isNamePattern(found) && !found.includes('*'), 'must be the name of a zone'),
  names: rightsOf(isNamePattern, 'must be a domain name, in which * may stand for any characters'),
  types: rightsOf((found) => recordTypeNumber(found) !== undefined, 'must be a type of records, such as TXT'),
});
const recordRights: Reader<RecordRights> = shapedAs(readRights, (value, place) => {
  const found = readRights(value, place);
  if (found === undefined) return undefined;
  const { zones, names, types } = found;
  if (!zones && !names && !types) return report(place, 'needs zones, names or types');
  return recordRightsOf({ ...(zones && { zones }), ...(names && { names }), ...(types && { types }) });
});

const readToken = mapping({
  name: required(name),
  hash: required(hash),
  scope: required(oneOf(SCOPES)),
  pool_prefix: optional(poolPrefix),
  records: optional(recordRights),
  documents_max: optional(integer(0, QUOTA_MAX)),
  endpoints_max: optional(integer(0, QUOTA_MAX)),
  expires_on: optional(time),
});

const token: Reader<ConfiguredToken> = shapedAs(readToken, (value, place) => {
  const found = readToken(value, place);
  if (found === undefined) return undefined;
  const { name, hash, scope, pool_prefix: prefix, records, expires_on: expiresOn } = found;
  const { documents_max: documentsMax, endpoints_max: endpointsMax } = found;
  for (const quota of ['documents_max', 'endpoints_max'] as const)
    if (found[quota] !== undefined && scope !== undefined && scope !== 'edit')
      report(keyIn(place, quota), 'is allowed only with scope edit');
  if (prefix !== undefined && scope !== undefined && scope !== 'edit')
    report(keyIn(place, 'pool_prefix'), 'is allowed only with scope edit');
  if (records !== undefined && scope === 'admin')
    report(keyIn(place, 'records'), 'is allowed only with scope read or edit');
  if (records !== undefined && prefix !== undefined)
    report(keyIn(place, 'records'), 'is not allowed together with pool_prefix');
  if (name === undefined || hash === undefined || scope === undefined) return undefined;
  return {
    name,
    hash,
    scope,
    ...(prefix && { poolPrefix: prefix }),
    ...(records && { records }),
    ...(documentsMax !== undefined && { documentsMax }),
    ...(endpointsMax !== undefined && { endpointsMax }),
    ...(expiresOn && { expiresOn }),
  };
});

const readTokens = list(token, 0, CONFIGURED_TOKENS_MAX);

/** Reads tokens of the API, with the hashes of their secrets. No two may have the same name, in any case, or the same secret. */
export const tokens: Reader<ConfiguredToken[]> = shapedAs(readTokens, (value, place) => {
  const found = readTokens(value, place);
  for (const key of ['name', 'hash'] as const) reportSame(found ?? [], key, place);
  return found;
});

function reportSame(found: readonly ConfiguredToken[], key: 'name' | 'hash', place: Place): void {
  const names = Map.groupBy(found, (each) => each[key].toLowerCase());
  for (const [first, ...others] of names.values())
    for (const other of others) report(place, `${first!.name} and ${other.name} have the same ${key}`);
}
