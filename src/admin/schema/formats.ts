import { parseExpectedCodes } from '../../check/expected-codes.ts';
import { parseAddress } from '../../pool/address.ts';
import { isMailbox } from '../../pool/mailbox.ts';
import { isPlainName, isPlainText } from '../../pool/plain-text.ts';
import { isPoolName } from '../../pool/pool-name.ts';
import { isNamePattern } from '../../pool/record-rights.ts';
import { isRfc3339Time } from '../../pool/rfc3339.ts';
import { isTokenName } from '../../pool/token.ts';
import { recordTypeNumber } from '../../rdata/record-type.ts';
import { PER_PAGE_MAX } from '../http/page-size.ts';
import { isObjectId } from './object-id.ts';

/** A rule for strings; `rule` completes a sentence that begins with the place. */
interface Format {
  readonly rule: string;
  readonly holds: (text: string) => boolean;
}

const PAGE_NUMBER = /^[1-9][0-9]{0,8}$/;
const OFFSET = /^(?:0|[1-9][0-9]{0,8})$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** RFC 9110 §5.5, without white space at either end. */
const FIELD_VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;
/** RFC 9112 §3.2.1, with its query, more widely: any visible ASCII but the fragment's mark. */
const REQUEST_PATH = /^(?:\/[\x21\x22\x24-\x7e]*)?$/;

/** The string formats of the schemas. */
export const FORMATS = {
  'pool-name': {
    rule: 'must be 1 to 63 letters, digits, hyphens or underscores',
    holds: isPoolName,
  },
  text: {
    rule: 'must not have control characters, characters that change the direction of text, or broken Unicode',
    holds: isPlainText,
  },
  'record-tag': {
    rule: 'must be a name of 1 to 32 characters, or a name, a colon and a value of at most 100 characters, without control characters',
    holds: (text) => isPlainText(text) && /^[^:]{1,32}(?::.{0,100})?$/su.test(text),
  },
  'name-pattern': {
    rule: 'must be a domain name, in which * may stand for any characters',
    holds: isNamePattern,
  },
  'record-type': {
    rule: 'must be a type of records, such as TXT',
    holds: (text) => recordTypeNumber(text) !== undefined,
  },
  label: {
    rule: 'must have at least one character, and no control characters, invisible characters or broken Unicode',
    holds: isPlainName,
  },
  'endpoint-address': {
    rule: 'must be an IPv4 address, an IPv6 address or a host name, and not unspecified or multicast',
    holds: (text) => parseAddress(text).kind !== 'refused',
  },
  'server-name': {
    rule: 'must be a host name, not an address',
    holds: (text) => parseAddress(text).kind === 'name',
  },
  'zone-name': {
    rule: 'must be a domain name of letters, digits, hyphens and underscores',
    holds: (text) => parseAddress(text).kind === 'name',
  },
  'object-id': {
    rule: 'must be an identifier of 32 lower-case hex digits, or empty',
    holds: (text) => text === '' || isObjectId(text),
  },
  identifier: {
    rule: 'must be an identifier of 32 lower-case hex digits',
    holds: isObjectId,
  },
  host: {
    rule: 'must be a host name or an IP address, with or without a port',
    holds: isHost,
  },
  'field-value': {
    rule: 'must be visible Latin-1 characters, with blanks only between them',
    holds: (text) => FIELD_VALUE.test(text),
  },
  'request-path': {
    rule: 'must start with / and have only visible ASCII characters except #',
    holds: (text) => REQUEST_PATH.test(text),
  },
  'expected-codes': {
    rule: 'must be status codes such as 200, ranges such as 2xx, or a comma-separated list of them',
    holds: (text) => text === '' || parseExpectedCodes(text) !== undefined,
  },
  mailboxes: {
    rule: 'must be mail addresses, separated by commas',
    holds: (text) => text === '' || text.split(',').every((part) => isMailbox(part.trim())),
  },
  'network-id': { rule: 'must be a UUID', holds: (text) => UUID.test(text) },
  'token-name': {
    rule: 'must be 1 to 64 letters, digits and any of . _ -, a letter or digit first',
    holds: isTokenName,
  },
  'rfc3339-time': {
    rule: 'must be a time such as 2026-06-01T12:00:00Z (RFC 3339)',
    holds: isRfc3339Time,
  },
  wait: {
    rule: 'must be a time from 0s to 30s, such as 5s',
    holds: (text) => /^(?:[12]?[0-9]|30)s$/.test(text),
  },
  'page-number': { rule: 'must be a number, 1 or more', holds: (text) => PAGE_NUMBER.test(text) },
  offset: { rule: 'must be a number, 0 or more', holds: (text) => OFFSET.test(text) },
  'page-size': {
    rule: `must be a number from 1 to ${PER_PAGE_MAX}`,
    holds: (text) => PAGE_NUMBER.test(text) && Number(text) <= PER_PAGE_MAX,
  },
} as const satisfies Record<string, Format>;

/** A `Host` field's value (RFC 9110 §7.2): IPv6 in brackets, and a port may follow a colon. */
function isHost(text: string): boolean {
  const found = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+))(?::([0-9]{1,5}))?$/.exec(text);
  if (found === null) return false;
  const [, ipv6, other, port = '1'] = found;
  const address = parseAddress((ipv6 ?? other)!);
  return address.kind !== 'refused' && Number(port) >= 1 && Number(port) <= 65_535;
}

/** Returns every format by name, for Ajv. */
export function ajvFormats(): Record<string, { type: 'string'; validate: (text: string) => boolean }> {
  return Object.fromEntries(
    Object.entries(FORMATS).map(([name, { holds }]) => [name, { type: 'string', validate: holds }]),
  );
}

/** Returns the rule of the format `name`. */
export function ruleOf(name: string): string {
  const format: Format | undefined = new Map<string, Format>(Object.entries(FORMATS)).get(name);
  return format?.rule ?? `must be a ${name}`;
}
