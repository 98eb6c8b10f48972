import { TTL_SECONDS_MAX } from '../dns/rrset.ts';

/** What an exported zone file says about a record in the comment after it, as the reference writes it. */
export interface Remark {
  readonly comment?: string;
  /** `name` or `name:value`. */
  readonly tags: readonly string[];
  /** Absent: the file does not say. */
  readonly isProxied?: boolean;
  /** The setting `flatten_cname` is on. */
  readonly isFlattened?: boolean;
  /** The TTL of the record itself, seconds, where the file has the one that it is answered with. */
  readonly ttl?: number | 'auto';
}

/** What is before the tags. */
const MARK = 'cf_tags=';
/** The tags that stand for other properties. The first two are the reference's. */
const PROXIED = 'cf-proxied';
const FLATTENED = 'cf-flatten-cname';
const TTL = 'lg-ttl';

/**
 * Parses the comment after a record: `comment cf_tags=name,name:value`. A value in quotes is a JSON string. What is not written so is
 * part of the comment.
 */
export function parseRemark(text: string): Remark {
  const mark =
    text.startsWith(MARK) && text.indexOf(` ${MARK}`) === -1 ? 0 : text.lastIndexOf(` ${MARK}`) + 1;
  const isMarked = mark > 0 || text.startsWith(MARK);
  const written = isMarked ? parseTags(text.slice(mark + MARK.length).trim()) : [];
  if (written === undefined) return { comment: text, tags: [] };
  const comment = decodeComment((isMarked ? text.slice(0, mark) : text).trim());
  const proxied = written.findLast(isProxiedTag);
  const ttl = written.map(ttlIn).findLast((found) => found !== undefined);
  const tags = written.filter((tag) => !isProxiedTag(tag) && tag !== FLATTENED && ttlIn(tag) === undefined);
  return {
    ...(comment !== '' && { comment }),
    tags,
    ...(proxied !== undefined && { isProxied: proxied === `${PROXIED}:true` || proxied === PROXIED }),
    ...(written.includes(FLATTENED) && { isFlattened: true }),
    ...(ttl !== undefined && { ttl }),
  };
}

/** Formats a remark on one line, without the semicolon; empty where there is nothing to say. parseRemark() reads it back. */
export function formatRemark({ comment = '', tags, isProxied, isFlattened, ttl }: Remark): string {
  const all = [
    ...tags.map(formatTag),
    ...(isFlattened ? [FLATTENED] : []),
    ...(ttl === undefined ? [] : [`${TTL}:${ttl}`]),
    ...(isProxied === undefined ? [] : [`${PROXIED}:${isProxied}`]),
  ];
  const shown = encodeComment(comment);
  if (all.length === 0 && !shown.includes(MARK)) return shown;
  return `${shown}${shown === '' ? '' : ' '}${MARK}${all.join(',')}`;
}

/** The TTL in a tag for it; undefined: it is another tag. */
function ttlIn(tag: string): Remark['ttl'] {
  const [, text] = /^lg-ttl:(auto|\d{1,10})$/.exec(tag) ?? [];
  if (text === undefined || text === 'auto') return text;
  return Number(text) <= TTL_SECONDS_MAX ? Number(text) : undefined;
}

const isProxiedTag = (tag: string) => tag === PROXIED || tag.startsWith(`${PROXIED}:`);

/** A tag: a name, and after a colon a value. In quotes both are JSON strings, although the reference has no name in quotes. */
const TAG = /("(?:[^"\\]|\\.)*"|[^\s":,=\\]+)(?::("(?:[^"\\]|\\.)*"|[^",\\=]*))?(,|$)/y;

/** The tags of a list, or undefined where it is none. */
function parseTags(text: string): string[] | undefined {
  const tags: string[] = [];
  TAG.lastIndex = 0;
  while (TAG.lastIndex < text.length) {
    const [, name, value] = TAG.exec(text) ?? [];
    const parts = [name, value].map((part) => (part?.startsWith('"') ? parseJsonString(part) : (part ?? '')));
    if (name === undefined || parts.includes(undefined)) return undefined;
    tags.push(parts.filter((part) => part !== '').join(':'));
  }
  return tags;
}

function parseJsonString(text: string): string | undefined {
  try {
    return String(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function formatTag(tag: string): string {
  const colon = tag.indexOf(':');
  const name = colon === -1 ? tag : tag.slice(0, colon);
  const value = colon === -1 ? '' : tag.slice(colon + 1);
  const isPlainName = /^[^\s":,=\\\p{Cc}]+$/u.test(name);
  // JSON escapes what would end the line, and quotes keep blanks at the ends.
  const isPlainValue = !/["=,\\]|^\s|\s$|\p{Cc}/u.test(value);
  const written = [isPlainName ? name : JSON.stringify(name)];
  if (value !== '') written.push(isPlainValue ? value : JSON.stringify(value));
  return written.join(':');
}

/** Writes what would end the line, or be trimmed from its ends, as `\DDD`, and a backslash before three digits as `\092`. */
function encodeComment(comment: string): string {
  return comment.replaceAll(/\p{Cc}|^ +| +$|\\(?=\d{3})/gu, (part) =>
    [...part].map((character) => `\\${String(character.charCodeAt(0)).padStart(3, '0')}`).join(''),
  );
}

function decodeComment(text: string): string {
  return text.replaceAll(/\\(0\d\d|1[0-5]\d)/g, (_, code: string) => String.fromCharCode(Number(code)));
}
