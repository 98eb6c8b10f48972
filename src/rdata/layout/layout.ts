import type { WireName } from '../../dns/name.ts';
import { concatenated } from '../concatenate.ts';
import { RdataError } from '../rdata-error.ts';
import { RdataReader } from '../rdata-reader.ts';
import type { Token } from '../token.ts';
import { hexadecimal } from './encoded-octets.ts';
import type { FieldKind } from './field.ts';

/** The rdata of a type in all its forms. Each method throws RdataError. */
export interface Layout {
  /** Encodes the words of presentation form. Relative names end in the origin; without one all names are full. */
  encode(words: readonly Token[], origin: WireName | undefined): Uint8Array;
  /** Formats rdata in presentation form. */
  print(rdata: Uint8Array): string;
  /** Returns the members of `data` in the API. */
  toJson(rdata: Uint8Array): Record<string, unknown>;
  /** The words that `data` of the API means. */
  toWords(data: Readonly<Record<string, unknown>>): Token[];
  /** Names of the members of `data`. */
  readonly members: readonly string[];
  /** The member that is hexadecimal, which ends the presentation form; absent: there is none. */
  readonly hexadecimalMember?: string;
  /** The names in the rdata, in their order, as they are written there. */
  names(rdata: Uint8Array): Uint8Array[];
}

/** A field of rdata. */
export interface Field {
  /** What the RFC of the type calls it, for errors. */
  readonly label: string;
  readonly kind: FieldKind;
  /** Name of the member of `data` in the API; absent: the label. */
  readonly member?: string;
  /** The value of an absent member; absent: the member is required. */
  readonly fallback?: unknown;
}

/** Throws RdataError when fields that are right each do not fit each other. */
export type FieldCheck = (rdata: Uint8Array) => void;

/** Makes the layout of rdata that is some fields, one after the other. */
export function fieldsOf(fields: readonly Field[], check: FieldCheck = () => {}): Layout {
  const memberOf = ({ label, member }: Field) => member ?? label;
  const last = fields.at(-1);
  const rest = last?.kind.rest;
  const usage = fields.map(({ label }) => label.replaceAll(' ', '-')).join(' ');
  const hasNames = fields.some(({ kind }) => kind.isName);

  function each<T>(rdata: Uint8Array, read: (field: Field, from: RdataReader) => T): T[] {
    const from = new RdataReader(rdata);
    const found = fields.map((field) => read(field, from));
    from.end();
    return found;
  }

  return {
    members: fields.map(memberOf),
    ...(last?.kind === hexadecimal && { hexadecimalMember: memberOf(last) }),
    encode(words, origin) {
      const wordsMin = fields.length - 1 + (rest?.wordsMin ?? 1);
      if (words.length < wordsMin || (rest === undefined && words.length > wordsMin))
        throw new RdataError(`must be \`${usage}\``);
      const parts = fields.map(({ kind, label }, at) =>
        kind.encode(kind.rest !== undefined ? words.slice(at) : words.slice(at, at + 1), label, origin),
      );
      const rdata = concatenated(parts);
      check(rdata);
      return rdata;
    },
    print: (rdata) => {
      const printed = each(rdata, ({ kind }, from) => kind.print(from));
      check(rdata);
      return printed.filter((part) => part !== '').join(' ');
    },
    toJson: (rdata) =>
      Object.fromEntries(each(rdata, (field, from) => [memberOf(field), field.kind.toJson(from)])),
    toWords: (data) =>
      fields.flatMap((field) => {
        const member = memberOf(field);
        const value = data[member] ?? field.fallback;
        if (value === undefined) throw new RdataError(`needs \`${member}\``);
        return field.kind.toWords(value, member);
      }),
    names: (rdata) =>
      hasNames
        ? each(rdata, ({ kind }, from) => {
            if (kind.isName) return [from.name()];
            if (kind.octets === undefined) kind.print(from);
            else from.take(kind.octets);
            return [];
          }).flat()
        : [],
  };
}
