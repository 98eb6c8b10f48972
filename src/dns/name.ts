declare const wireName: unique symbol;
/** A name in wire form: lower-cased, uncompressed, with its root label, at most 255 octets (RFC 1035 §3.1). */
export type WireName = Uint8Array & { readonly [wireName]: true };

/** Octets of a name in wire form, root label included (RFC 1035 §2.3.4). */
export const NAME_OCTETS_MAX = 255;
/** Octets of a label (RFC 1035 §2.3.4). */
export const LABEL_OCTETS_MAX = 63;

/** Text that is not a name. The message says what is wrong with it. */
export class NameError extends Error {
  override readonly name = 'NameError';
}

const DOT = 0x2e;
const BACKSLASH = 0x5c;

/** ASCII upper case to lower case; every other octet as it is (RFC 4343 §3). */
export function foldOctet(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
}

/** Folds four octets at once, whichever way they lie in the word: foldOctet() of each. */
export function foldWord(word: number): number {
  // The upper bit of an octet of 7 bits is set by the first sum where it is above "Z", and by the second from "A" on.
  const lower = word & 0x7f7f7f7f;
  const isUpper = (lower + 0x25252525) ^ (lower + 0x3f3f3f3f);
  return word | ((isUpper & ~word & 0x80808080) >>> 2);
}

/**
 * Parses presentation form, always as a full name: the final dot may be there or not. Escapes are `\.` and `\DDD`
 * (RFC 1035 §5.1, RFC 4343 §2.1). Throws NameError on an empty label, a label over 63 octets, a name over 255, a
 * broken escape, or a character that is not ASCII.
 */
export function parseName(text: string): WireName {
  return folded(parseWrittenName(text));
}

/** A name in wire form, lower-cased (RFC 4343 §3): a label's length is below 64, where folding changes nothing. */
export function foldName(name: Uint8Array): WireName {
  return folded(new Uint8Array(name));
}

/** The same octets, lower-cased in place. */
function folded(name: Uint8Array): WireName {
  for (let at = 0; at < name.length; at += 1) name[at] = foldOctet(name[at]!);
  return name as WireName;
}

/** Parses presentation form as parseName() does, and keeps the case it was written in (RFC 1035 §2.3.3). */
export function parseWrittenName(text: string): Uint8Array {
  return plainName(text) ?? escapedName(text);
}

/** A name whose every character stands for itself, as of nearly all; undefined: it has an escape, or is none, or the root. */
function plainName(text: string): Uint8Array | undefined {
  const end = text.endsWith('.') ? text.length - 1 : text.length;
  if (end === 0 || end + 2 > NAME_OCTETS_MAX) return undefined;
  // Each dot becomes the length of the label after it, so that a character is one octet further on than in the text.
  const wire = new Uint8Array(end + 2);
  let start = 0;
  for (let at = 0; at <= end; at += 1) {
    const code = at === end ? DOT : text.charCodeAt(at);
    if (code === DOT) {
      if (at === start || at - start > LABEL_OCTETS_MAX) return undefined;
      wire[start] = at - start;
      start = at + 1;
    } else if (code > 0x7e || code < 0x21 || code === BACKSLASH) return undefined;
    else wire[at + 1] = code;
  }
  wire[end + 1] = 0;
  return wire;
}

function escapedName(text: string): Uint8Array {
  if (text === '.') return Uint8Array.of(0);
  if (text === '') throw new NameError('is empty');
  const wire: number[] = [];
  let label: number[] = [];
  const endLabel = () => {
    if (label.length === 0) throw new NameError('has an empty label');
    if (label.length > LABEL_OCTETS_MAX)
      throw new NameError(`has a label of ${label.length} octets; 63 at most`);
    wire.push(label.length, ...label);
    label = [];
  };
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code > 0x7e || code < 0x21) throw new NameError('has a character that is not printable ASCII');
    if (code === DOT) {
      endLabel();
      at += 1;
    } else if (code === BACKSLASH) {
      const found = /^\\(?:(\d{3})|([\x20-\x2f\x3a-\x7e]))/.exec(text.slice(at));
      const octet = found?.[1] === undefined ? found?.[2]?.charCodeAt(0) : Number(found[1]);
      if (found === null || octet === undefined || octet > 255) throw new NameError('has a broken escape');
      label.push(octet);
      at += found[0].length;
    } else {
      label.push(code);
      at += 1;
    }
  }
  if (label.length > 0) endLabel();
  wire.push(0);
  if (wire.length > NAME_OCTETS_MAX) throw new NameError(`has ${wire.length} octets; 255 at most`);
  return Uint8Array.from(wire);
}

/** Characters that mean something of their own in names of zone files, or in the texts that names are written in here. */
const ESCAPED = new Set([...'"().;@$\\'].map((character) => character.charCodeAt(0)));

/**
 * Presentation form with the final dot, which is parsed as the same name everywhere: octets outside printable ASCII as
 * `\DDD`, and what has a meaning of its own with a backslash, as BIND prints them.
 */
export function formatName(name: Uint8Array): string {
  let text = '';
  let at = 0;
  while (name[at]) {
    const end = at + 1 + name[at]!;
    for (at += 1; at < end; at += 1) {
      const octet = name[at]!;
      if (ESCAPED.has(octet)) text += `\\${String.fromCharCode(octet)}`;
      else if (octet > 0x20 && octet < 0x7f) text += String.fromCharCode(octet);
      else text += `\\${String(octet).padStart(3, '0')}`;
    }
    text += '.';
  }
  return text === '' ? '.' : text;
}

/** Puts a label (presentation form, without dots) before a name. Throws NameError as parseName does. */
export function prependLabel(label: string, name: WireName): WireName {
  const first = plainLabel(label) ?? parseLabel(label);
  const wire = new Uint8Array(first.length + name.length);
  wire.set(first);
  wire.set(name, first.length);
  if (wire.length > NAME_OCTETS_MAX) throw new NameError(`has ${wire.length} octets; 255 at most`);
  return wire as WireName;
}

/** A label in wire form whose every character stands for itself, as nearly all do; undefined for others. */
function plainLabel(label: string): Uint8Array | undefined {
  if (label.length === 0 || label.length > LABEL_OCTETS_MAX) return undefined;
  const wire = new Uint8Array(1 + label.length);
  wire[0] = label.length;
  for (let at = 0; at < label.length; at += 1) {
    const code = label.charCodeAt(at);
    if (code > 0x7e || code < 0x21 || code === DOT || code === BACKSLASH) return undefined;
    wire[1 + at] = foldOctet(code);
  }
  return wire;
}

function parseLabel(label: string): Uint8Array {
  const first = parseName(label).subarray(0, -1);
  if (first.length !== 1 + first[0]!) throw new NameError('is more than one label');
  return first;
}

/** The name without its first label; undefined for the root. */
export function parentOf(name: WireName): WireName | undefined {
  return name[0] === 0 ? undefined : (name.subarray(1 + name[0]!) as WireName);
}

/** Whether `name` is `ancestor` or lies below it. */
export function isAtOrBelow(name: WireName, ancestor: WireName): boolean {
  let at = 0;
  while (name.length - at > ancestor.length) at += 1 + name[at]!;
  if (name.length - at !== ancestor.length) return false;
  let i = 0;
  while (i < ancestor.length && name[at + i] === ancestor[i]) i += 1;
  return i === ancestor.length;
}

/** A string that is equal for equal names only; for Map keys, off the query path. */
export function nameKey(name: Uint8Array): string {
  return Buffer.from(name.buffer, name.byteOffset, name.byteLength).toString('latin1');
}
