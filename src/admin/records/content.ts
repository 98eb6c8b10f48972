import { readableContent } from '../../rdata/content.ts';
import { withoutFinalDot } from './owner-name.ts';

/** The parts of a body that say what a record holds. */
export interface Held {
  readonly content?: string | null | undefined;
  readonly data?: Readonly<Record<string, unknown>> | null | undefined;
  readonly priority?: number | null | undefined;
}

/** Types whose content in the API begins after the priority, with the number of words that their whole presentation form has. */
const PRIORITY_APART: Readonly<Record<string, number>> = { MX: 2, SRV: 4, URI: 3 };
/** Types whose presentation form has a name, and the word that it is. */
const NAME_WORD: Readonly<Record<string, number>> = {
  CNAME: 0,
  DNAME: 0,
  NS: 0,
  PTR: 0,
  MX: 1,
  SVCB: 1,
  HTTPS: 1,
  SRV: 3,
  NAPTR: 5,
};
/** Types that may be proxied in the reference. */
const PROXIABLE = new Set(['A', 'AAAA', 'CNAME']);

/** Words of a presentation form: in quotes, or without blanks; a backslash takes the meaning from what follows. */
const WORD = /(?:"(?:[^"\\]|\\.)*"|[^\s"\\]|\\.)+/gsu;
/** Texts in quotes. */
const QUOTED = /"((?:[^"\\]|\\.)*)"/gsu;

/** Returns true for a type that the reference can proxy, which nothing here does. */
export function isProxiable(type: string): boolean {
  return PROXIABLE.has(type);
}

/** Returns true for a type whose priority the API shows apart from the content. */
export function hasPriority(type: string): boolean {
  return Object.hasOwn(PRIORITY_APART, type);
}

/**
 * Returns the whole presentation form of a content that a body writes: the form of the reference, which has the priority apart, or that
 * of zone files. A name may be `@`, which is the zone.
 */
export function presentationOf(
  type: string,
  { content, priority }: { readonly content: string; readonly priority?: number | null | undefined },
  zoneName: string,
): string {
  if (/^\s*\\#\s/.test(content)) return content;
  const whole = withPriority(type, content, priority);
  const at = NAME_WORD[type];
  return at === undefined ? whole : withName(whole, at, zoneName);
}

/**
 * Reads the body of an SRV record in an older form of the reference, which some clients write: its data has the parts of the owner
 * name, and stands in for the name where that is missing. Any other body stays as it is.
 */
export function withoutOwnerInData(body: unknown): unknown {
  if (!isFields(body) || !isFields(body.data)) return body;
  const { service, proto, name: host, ...data } = body.data;
  const isSrv =
    body.type === undefined || (typeof body.type === 'string' && body.type.toUpperCase() === 'SRV');
  if (!isSrv || typeof service !== 'string' || typeof proto !== 'string') return body;
  const owner = body.name ?? [service, proto, host].filter((part) => typeof part === 'string').join('.');
  return { ...body, ...(body.type === undefined ? {} : { name: owner }), data };
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns true for a content that has the priority of a type in it, as zone files do. */
export function hasWholeForm(type: string, content: string): boolean {
  const whole = PRIORITY_APART[type.toUpperCase()];
  return whole !== undefined && (content.match(WORD) ?? []).length >= whole;
}

/** Puts the priority before a content that lacks it; one that has it already keeps its own, unless the body has another. */
function withPriority(type: string, content: string, priority: number | null | undefined): string {
  const whole = PRIORITY_APART[type];
  if (whole === undefined || priority === undefined || priority === null) return content;
  const words = content.match(WORD)?.length ?? 0;
  return words < whole ? `${priority} ${content}` : withWord(content, 0, () => String(priority));
}

function withName(text: string, at: number, zoneName: string): string {
  return withWord(text, at, (name) => (name === '@' ? `${withoutFinalDot(zoneName)}.` : name));
}

/** Replaces one word of a text, and keeps all else. */
function withWord(text: string, at: number, replaced: (word: string) => string): string {
  let count = 0;
  return text.replace(WORD, (word) => {
    count += 1;
    return count - 1 === at ? replaced(word) : word;
  });
}

/** A record's content as the API shows it, with the priority apart and names without their final dot. */
export interface ShownContent {
  readonly content: string;
  readonly priority?: number;
}

/** Formats the content of a stored record, which is its whole presentation form, for the API. */
export function shownContent(type: string, stored: string): ShownContent {
  const whole = readableContent(stored);
  if (whole.startsWith('\\#')) return { content: whole };
  const at = NAME_WORD[type];
  const named = at === undefined ? whole : withWord(whole, at, withoutFinalDot);
  if (!hasPriority(type)) return { content: named };
  const blank = named.indexOf(' ');
  return { content: named.slice(blank + 1), priority: Number(named.slice(0, blank)) };
}

/** The texts by which a filter finds a content: as the API shows it, whole, and of texts also without quotes; in lower case. */
export function soughtContents(type: string, whole: string): string[] {
  // Addresses, of which there are most, are stored as they are sought.
  if (type === 'A' || type === 'AAAA') return [whole];
  const { content, priority } = shownContent(type, whole);
  const texts = new Set([content, priority === undefined ? content : `${priority} ${content}`]);
  if (whole.startsWith('"'))
    texts.add([...whole.matchAll(QUOTED)].map(([, text]) => text!.replaceAll(/\\(["\\;])/g, '$1')).join(''));
  return [...texts].map(folded);
}

/** A text in lower case, with one blank for any others, as filters compare it. */
export function folded(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ').toLowerCase();
}
