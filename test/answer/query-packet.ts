import { Type } from '../../src/dns/type.ts';

/** What goes into a query; everything but the name has a usual value. */
export interface QuerySpec {
  /** Presentation form; the case is kept. */
  readonly name: string;
  /** A mnemonic or a number; A. */
  readonly type?: keyof typeof Type | number;
  /** IN. */
  readonly class?: number;
  readonly id?: number;
  /** The header's third and fourth octets; 0x0100 is RD. */
  readonly flags?: number;
  /** How often the question is there; 1. */
  readonly questions?: number;
  /** OPT records. */
  readonly opts?: readonly OptSpec[];
}

export interface OptSpec {
  /** 1232. */
  readonly udpOctetsMax?: number;
  readonly version?: number;
  /** All 16 flag bits; 0x8000 is DO. */
  readonly flags?: number;
  readonly options?: readonly { readonly code: number; readonly data: string }[];
}

export const QUERY_ID = 0x1234;

/** A query in wire form. */
export function queryPacket(spec: QuerySpec): Uint8Array {
  const { id = QUERY_ID, flags = 0x0100, questions = 1, opts = [] } = spec;
  const question = [
    ...nameOctets(spec.name),
    ...uint16(typeof spec.type === 'number' ? spec.type : Type[spec.type ?? 'A']),
    ...uint16(spec.class ?? 1),
  ];
  return Uint8Array.from([
    ...[id, flags, questions, 0, 0, opts.length].flatMap(uint16),
    ...Array.from({ length: questions }, () => question).flat(),
    ...opts.flatMap(optOctets),
  ]);
}

/** An OPT record in wire form (RFC 6891 §6.1.2). */
export function optOctets({ udpOctetsMax = 1232, version = 0, flags = 0, options = [] }: OptSpec): number[] {
  const data = options.flatMap(({ code, data }) => {
    const octets = [...Buffer.from(data, 'hex')];
    return [...uint16(code), ...uint16(octets.length), ...octets];
  });
  return [
    0,
    ...uint16(Type.OPT),
    ...uint16(udpOctetsMax),
    0,
    version,
    ...uint16(flags),
    ...uint16(data.length),
    ...data,
  ];
}

/** A name in wire form, its case kept; of escapes only `\DDD` is known. */
export function nameOctets(text: string): number[] {
  const labels = text.split('.').filter((label) => label !== '');
  const octets = labels.map((label) =>
    [...label.matchAll(/\\(\d{3})|([^\\])/g)].map(([, code, plain]) =>
      code === undefined ? plain!.charCodeAt(0) : Number(code),
    ),
  );
  return [...octets.flatMap((label) => [label.length, ...label]), 0];
}

export function uint16(value: number): number[] {
  return [value >>> 8, value & 0xff];
}
