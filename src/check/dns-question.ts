import { NameError, parseName, type WireName } from '../dns/name.ts';
import { isMetaType, Type } from '../dns/type.ts';

/** The question of a `dns` monitor, in class IN. */
export interface DnsQuestion {
  readonly name: WireName;
  /** Number of the type. */
  readonly type: number;
}

/**
 * Reads the question of a `dns` monitor from its path: `/`, a full name (the final dot may be there or not), `/`, and
 * the mnemonic of a record type in either case: `/www.example.org/A`, `/./NS`. undefined when it is anything else.
 */
export function parseDnsQuestion(path: string): DnsQuestion | undefined {
  const [, name, mnemonic] = /^\/(.+)\/([A-Za-z]+)$/.exec(path) ?? [];
  if (name === undefined || mnemonic === undefined) return undefined;
  const type = new Map<string, number>(Object.entries(Type)).get(mnemonic.toUpperCase());
  if (type === undefined || type === Type.ANY || isMetaType(type)) return undefined;
  try {
    return { name: parseName(name), type };
  } catch (error) {
    if (error instanceof NameError) return undefined;
    throw error;
  }
}
