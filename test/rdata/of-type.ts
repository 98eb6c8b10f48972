import { parseRdata } from '../../src/rdata/rdata.ts';
import { recordTypeNumber } from '../../src/rdata/record-type.ts';

/** Rdata from presentation form and the mnemonic of its type, or `TYPE` and its number. */
export function rdataOf(type: string, text: string): Uint8Array {
  return parseRdata(recordTypeNumber(type)!, text);
}
