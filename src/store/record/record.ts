import { LOAD_BALANCER_SHAPE } from '../../load-balancer/load-balancer-shape.ts';
import type { Flaw, Shape } from '../../pool/shape.ts';
import type { DnsRecord } from '../../zone/dns-record.ts';
import { DNS_RECORD_SHAPE } from '../../zone/dns-record-shape.ts';
import { ZONE_SHAPE } from '../../zone/zone-shape.ts';
import type { Kind, Ref, StoredDocument } from '../contract/documents.ts';
import {
  MONITOR_GROUP_SHAPE,
  MONITOR_SHAPE,
  OVERRIDE_SHAPE,
  POOL_SHAPE,
  TOKEN_SHAPE,
} from './document-shapes.ts';
import { shareTexts } from './shared-texts.ts';

/** Characters of one document, or of the changes of one revision: more than anything that is written here takes. */
export const RECORD_CHARACTERS_MAX = 64 * 1024 * 1024;
/** Characters of what workers and nodes write: observations, events, announcements, what was reported. It takes some hundred. */
export const REPORT_CHARACTERS_MAX = 256 * 1024;
/** Characters of an audit event, which has a document before and after: a request has 1 MiB at most. */
export const AUDIT_CHARACTERS_MAX = 16 * 1024 * 1024;
/** Arrays and objects in one another: those of a request are 16 at most, and a record adds a few. */
export const RECORD_DEPTH_MAX = 64;
/** A text that is shorter is parsed in a moment, however deep it is. */
const SHALLOW_CHARACTERS = 128 * 1024;

/** What a document of each kind must look like. */
const DOCUMENT_SHAPES: Readonly<Record<Kind, Shape>> = {
  load_balancer: LOAD_BALANCER_SHAPE,
  pool: POOL_SHAPE,
  monitor: MONITOR_SHAPE,
  monitor_group: MONITOR_GROUP_SHAPE,
  override: OVERRIDE_SHAPE,
  zone: ZONE_SHAPE,
  record: DNS_RECORD_SHAPE,
  token: TOKEN_SHAPE,
};
const KIND_FLAW: Flaw = { field: 'kind', rule: `must be one of ${Object.keys(DOCUMENT_SHAPES).join(', ')}` };
const REVISION_FLAW: Flaw = { field: 'revision', rule: 'must be a whole number from 0' };
const NO_ID: Flaw = { field: 'id', rule: 'must not be empty' };
const OTHER_ID: Flaw = { field: 'id', rule: 'must be the identifier that it is kept under' };
const NO_TEXT: Flaw = { field: '', rule: 'must be text' };
const TOO_DEEP: Flaw = { field: '', rule: `must not be nested deeper than ${RECORD_DEPTH_MAX}` };
// Not the parser's message, which repeats the text, where secrets may be.
const NO_JSON: Flaw = { field: '', rule: 'must be JSON' };

/** Called with the fault of a record, which is then set aside. */
export type SetAside = (flaw: Flaw) => void;

/**
 * A record from its JSON text, of `charactersMax` at most; undefined: it is set aside. One that is too long or too deep is not
 * parsed, which would hold up the thread for seconds. Never throws.
 */
export function parseRecord<T>(
  record: unknown,
  shape: Shape,
  setAside: SetAside,
  charactersMax = RECORD_CHARACTERS_MAX,
): T | undefined {
  if (typeof record !== 'string') return void setAside(NO_TEXT);
  if (record.length > charactersMax)
    return void setAside({ field: '', rule: `must not be longer than ${charactersMax} characters` });
  if (record.length > SHALLOW_CHARACTERS && isTooDeep(record)) return void setAside(TOO_DEEP);
  let value: unknown;
  try {
    value = JSON.parse(record);
  } catch {
    return void setAside(NO_JSON);
  }
  const flaw = shape(value);
  return flaw === undefined ? (value as T) : void setAside(flaw);
}

const [QUOTE, BACKSLASH, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [...'"\\[]{}'].map(
  (character) => character.charCodeAt(0),
);

/** Whether a text of JSON has more than RECORD_DEPTH_MAX arrays and objects in one another. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isInString) {
      if (code === BACKSLASH) at += 1;
      else if (code === QUOTE) isInString = false;
    } else if (code === QUOTE) isInString = true;
    else if (code === OPEN_ARRAY || code === OPEN_OBJECT) {
      depth += 1;
      if (depth > RECORD_DEPTH_MAX) return true;
    } else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) depth -= 1;
  }
  return false;
}

/** Whether this is the name of a kind of documents. */
export function isKind(name: string): name is Kind {
  return Object.hasOwn(DOCUMENT_SHAPES, name);
}

/** Returns the fault of a document's name; undefined: it has none. */
export function refFlaw({ kind, id }: { readonly kind: string; readonly id: string }): Flaw | undefined {
  if (!isKind(kind)) return KIND_FLAW;
  return id === '' ? NO_ID : undefined;
}

/** A document from its parts as they are kept; undefined: it is set aside. Never throws. */
export function parseDocument(
  { kind, id }: Ref,
  revision: number,
  value: unknown,
  setAside: SetAside,
): StoredDocument | undefined {
  const flaw = refFlaw({ kind, id }) ?? (isCount(revision) ? undefined : REVISION_FLAW);
  if (flaw !== undefined) return void setAside(flaw);
  const parsed = withId(id, parseRecord<{ id: string }>(value, DOCUMENT_SHAPES[kind], setAside), setAside);
  if (parsed !== undefined && kind === 'record') shareTexts(parsed as unknown as DnsRecord, id);
  return parsed && ({ kind, id, revision, value: parsed } as unknown as StoredDocument);
}

/** Returns the value where it has this id; undefined: it has another, and is set aside. */
export function withId<T extends { readonly id: string }>(
  id: string,
  parsed: T | undefined,
  setAside: SetAside,
): T | undefined {
  return parsed === undefined || parsed.id === id ? parsed : void setAside(OTHER_ID);
}

/** Returns the fault of a document's value that is parsed already; undefined: it has none. */
export function valueFlaw({ kind, id }: Ref, value: unknown): Flaw | undefined {
  const flaw = refFlaw({ kind, id }) ?? DOCUMENT_SHAPES[kind](value);
  if (flaw !== undefined) return flaw;
  return (value as { id: string }).id === id ? undefined : OTHER_ID;
}

/** Whether this counts something: a whole number from 0 that a number can hold exactly. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
