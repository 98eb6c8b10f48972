import type { DnsRecord } from '../../zone/dns-record.ts';

/** Texts that are kept once for all that have them. All are dropped when there are more, as workers and zones come and go. */
const TEXTS_MAX = 10_000;
const texts = new Map<string, string>();

/** Returns an equal text that shares its memory with others. */
export function shared<T extends string>(text: T): T {
  const known = texts.get(text);
  if (known !== undefined) return known as T;
  if (texts.size === TEXTS_MAX) texts.clear();
  texts.set(text, text);
  return text;
}

const NO_TAGS: readonly string[] = Object.freeze([]);

/** Has a record, which was just parsed, share what many have alike: there may be a million of them. */
export function shareTexts(record: { -readonly [K in keyof DnsRecord]: DnsRecord[K] }, id: string): void {
  record.id = id;
  record.zoneName = shared(record.zoneName);
  if (record.zoneId !== undefined) record.zoneId = shared(record.zoneId);
  record.type = shared(record.type);
  record.createdOn = shared(record.createdOn);
  record.modifiedOn = shared(record.modifiedOn);
  if (record.tags.length === 0) record.tags = NO_TAGS;
}
