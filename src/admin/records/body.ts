import { contentFrom } from '../../rdata/content.ts';
import { RdataError } from '../../rdata/rdata-error.ts';
import { recordTypeName, recordTypeNumber, whyNotAuthored } from '../../rdata/record-type.ts';
import type { DnsRecord } from '../../zone/dns-record.ts';
import type { Message } from '../http/envelope.ts';
import type { ErrorName } from '../http/errors.ts';
import type { Problem } from '../http/problem.ts';
import { present } from '../resource/present.ts';
import { timestamp } from '../schema/timestamp.ts';
import type { KnownZone } from '../zones/known-zone.ts';
import { type Held, hasPriority, hasWholeForm, presentationOf, shownContent } from './content.ts';
import { OwnerError, type OwnerText, ownerNameOf } from './owner-name.ts';
import { type RecordBody, type RecordPatch, TTL_AUTOMATIC } from './schema.ts';

/** Codes of messages: a property has no effect; a name was converted to Punycode. */
const WITHOUT_EFFECT = 10102;
const CONVERTED = 10103;

/** The record that a body describes, and messages about it; or the problems of the body. */
export type RecordReading =
  | { readonly ok: true; readonly record: DnsRecord; readonly messages: readonly Message[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** The identity of a record, and the record that it replaces. */
export interface Version {
  readonly id: string;
  readonly epochMs: number;
  readonly was?: DnsRecord | undefined;
}

/** The errors of a wrong content by its type. */
const CONTENT_ERRORS: Readonly<Record<string, ErrorName>> = {
  A: 'recordContentA',
  AAAA: 'recordContentAaaa',
  CNAME: 'recordContentCname',
  MX: 'recordContentMx',
};

/** Reads the record of a zone that a body describes, which is valid by its schema. */
export function readRecord(
  body: RecordBody,
  zone: Pick<KnownZone, 'id' | 'name' | 'isConfigured'>,
  version: Version,
): RecordReading {
  const problems: Problem[] = [];
  const type = recordTypeNumber(body.type.trim());
  const why = type === undefined ? undefined : whyNotAuthored(type);
  if (type === undefined || why !== undefined) problems.push(wrongType(body.type, why));
  const owner = ownerOf(body.name, zone.name, problems);
  const isType = type !== undefined && why === undefined;
  const content = isType ? contentOf(type, body, zone.name, version.was, problems) : undefined;
  if (problems.length > 0 || type === undefined || owner === undefined || content === undefined)
    return { ok: false, problems };
  const { was, id } = version;
  const now = timestamp(version.epochMs);
  const comment = body.comment || undefined;
  const tags = body.tags ?? [];
  const settings = settingsOf(body.settings);
  const record: DnsRecord = present({
    id,
    zoneName: zone.name,
    zoneId: zone.isConfigured ? undefined : zone.id,
    name: owner.name,
    type: recordTypeName(type),
    content,
    ttl: body.ttl ?? TTL_AUTOMATIC,
    proxied: body.proxied ?? false,
    comment,
    tags,
    settings,
    createdOn: was?.createdOn ?? now,
    modifiedOn: now,
    commentModifiedOn:
      comment === undefined ? undefined : comment === was?.comment ? was.commentModifiedOn : now,
    tagsModifiedOn: tags.length === 0 ? undefined : isSameList(tags, was?.tags) ? was?.tagsModifiedOn : now,
  });
  return { ok: true, record, messages: messagesOf(record, owner) };
}

/** Returns the whole body that a PATCH of a record makes. */
export function mergedBody(was: DnsRecord, patch: RecordPatch): RecordBody {
  const { type, content: whole } = was;
  const { content, priority } = shownContent(type, whole);
  const { data: givenData, content: givenContent, priority: givenPriority } = patch;
  const isHeldAnew = givenContent !== undefined || givenData !== undefined;
  // A content that has a priority of its own keeps it.
  const hasOwn = typeof givenContent === 'string' && hasWholeForm(patch.type ?? type, givenContent);
  const held: Held = {
    ...(isHeldAnew ? {} : { content }),
    ...(priority === undefined || hasOwn || givenData?.priority !== undefined ? {} : { priority }),
  };
  return { ...bodyOf(was), ...held, ...patch, ...(givenPriority === null ? { priority } : {}) } as RecordBody;
}

/** The writable properties of a record apart from its content. */
function bodyOf({
  type,
  name,
  ttl,
  proxied,
  comment,
  tags,
  settings,
}: DnsRecord): Omit<RecordBody, keyof Held> {
  return { type, name, ttl, proxied, comment: comment ?? null, tags: [...tags], settings: settings ?? null };
}

function ownerOf(text: string, zoneName: string, problems: Problem[]): OwnerText | undefined {
  try {
    return ownerNameOf(text, zoneName);
  } catch (error) {
    if (!(error instanceof OwnerError)) throw error;
    problems.push({ pointer: '/name', rule: '', sentence: error.message, error: 'recordName' });
    return undefined;
  }
}

function wrongType(text: string, why: string | undefined): Problem {
  const sentence =
    why === undefined
      ? `"${text}" is not a type of records. Write a mnemonic such as MX, or TYPE and a number.`
      : `${text.trim().toUpperCase()} ${why}.`;
  return { pointer: '/type', rule: '', sentence, error: 'recordType' };
}

/**
 * Returns what a body says that the record holds, in presentation form; undefined: a problem was added. Clients that write what they read
 * send `content` and `data`: where these differ, the one counts that is not that of the record before.
 */
function contentOf(
  type: number,
  { content, data, priority }: Held,
  zoneName: string,
  was: DnsRecord | undefined,
  problems: Problem[],
): string | undefined {
  const name = recordTypeName(type);
  const found = problems.length;
  const attempt = (pointer: string, make: () => string): string | undefined => {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof RdataError || error instanceof OwnerError)) throw error;
      const error_ = CONTENT_ERRORS[name] ?? 'recordContent';
      const why =
        error instanceof OwnerError
          ? error.message
          : `Content for ${name} record is invalid: it ${error.message}.`;
      problems.push({ pointer, rule: '', sentence: why, error: error_ });
      return undefined;
    }
  };
  const byContent =
    typeof content === 'string'
      ? attempt('/content', () => {
          refuseWithoutPriority(name, content, priority);
          return contentFrom(type, { content: presentationOf(name, { content, priority }, zoneName) });
        })
      : undefined;
  const byData = data
    ? attempt('/data', () => contentFrom(type, { data: withPriority(data, priority) }))
    : undefined;
  if (problems.length > found) return undefined;
  if (byContent === undefined && byData === undefined) {
    const sentence = `Content for ${name} record is missing.`;
    problems.push({
      pointer: '/content',
      rule: '',
      sentence,
      error: CONTENT_ERRORS[name] ?? 'recordContent',
    });
    return undefined;
  }
  if (byContent === undefined || byData === undefined || byContent === byData) return byContent ?? byData;
  if (byContent === was?.content) return byData;
  if (byData === was?.content) return byContent;
  if (byContent.toLowerCase() === byData.toLowerCase()) return byData;
  const sentence = `content is ${byContent}, but data is ${byData}. Write one of them.`;
  problems.push({ pointer: '/data', rule: '', sentence, error: 'recordContent' });
  return undefined;
}

/** Throws RdataError for a content that lacks the priority of its type, while the body has none beside it. */
function refuseWithoutPriority(type: string, content: string, priority: number | null | undefined): void {
  const isWhole = !hasPriority(type) || hasWholeForm(type, content) || /^\s*\\#/.test(content);
  if (isWhole || (priority !== undefined && priority !== null)) return;
  throw new RdataError('has no priority; write "priority": 10, or begin the content with it');
}

function withPriority(
  data: Readonly<Record<string, unknown>>,
  priority: number | null | undefined,
): Readonly<Record<string, unknown>> {
  return priority === undefined || priority === null || data.priority !== undefined
    ? data
    : { ...data, priority };
}

function settingsOf(settings: RecordBody['settings']): DnsRecord['settings'] | undefined {
  const given = Object.entries(settings ?? {}).filter(([, value]) => value !== null);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

function isSameList(one: readonly string[], other: readonly string[] | undefined): boolean {
  return other !== undefined && one.length === other.length && one.every((each, i) => each === other[i]);
}

function messagesOf({ name, type, proxied }: DnsRecord, { written }: OwnerText): Message[] {
  const messages: Message[] = [];
  const say = (code: number, message: string) => messages.push({ code, message, type: null });
  if (written !== undefined)
    say(CONVERTED, `The name "${written}" is stored in Punycode, as DNS has it: "${name}".`);
  if (proxied)
    say(
      WITHOUT_EFFECT,
      `Record "${name}" ${type} has proxied: true, which is stored, but has no effect in DNS.`,
    );
  return messages;
}
