import { RdataError } from '../rdata-error.ts';
import { type Token, word } from '../token.ts';
import { type FieldKind, named, text } from './field.ts';

/** Octets to the end of the rdata, one at least, in hexadecimal of as many words as one likes. */
export const hexadecimal: FieldKind = {
  rest: { wordsMin: 1 },
  encode: (words, label) => {
    const hex = joined(words, label);
    if (!/^([0-9a-f]{2})+$/i.test(hex)) throw new RdataError(`has ${named(label)} that is not hexadecimal`);
    return Buffer.from(hex, 'hex');
  },
  print: (rdata) => Buffer.from(some(rdata.rest())).toString('hex'),
  toJson: (rdata) => Buffer.from(rdata.rest()).toString('hex'),
  toWords: (value, label) => wordsOf(value, label),
};

/** Octets to the end of the rdata, one at least, in base64 (RFC 4648 §4) of as many words as one likes. */
export const base64: FieldKind = {
  rest: { wordsMin: 1 },
  encode: (words, label) => base64Octets(joined(words, label), label),
  print: (rdata) => Buffer.from(some(rdata.rest())).toString('base64'),
  toJson: (rdata) => Buffer.from(rdata.rest()).toString('base64'),
  toWords: (value, label) => wordsOf(value, label),
};

/** Decodes base64 with its padding and without other characters. Throws RdataError, also when nothing is encoded. */
export function base64Octets(encoded: string, label: string): Uint8Array {
  const octets = Buffer.from(encoded, 'base64');
  if (octets.length === 0 || octets.toString('base64') !== encoded)
    throw new RdataError(`has ${named(label)} that is not base64 (RFC 4648 §4)`);
  return octets;
}

function some(octets: Uint8Array): Uint8Array {
  if (octets.length === 0) throw new RdataError('has fewer octets than its type needs');
  return octets;
}

function joined(words: readonly Token[], label: string): string {
  if (words.some(({ quoted }) => quoted))
    throw new RdataError(`has ${named(label)} in quotes, and needs none`);
  return words.map(({ raw }) => raw).join('');
}

function wordsOf(value: unknown, label: string): Token[] {
  const words = text(value, label)
    .split(/\s+/)
    .filter((each) => each !== '')
    .map(word);
  return words.length === 0 ? [word('')] : words;
}
