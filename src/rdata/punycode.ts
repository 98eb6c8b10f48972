import { NameError } from '../dns/name.ts';

const NOT_ASCII = /[^\p{ASCII}]/u;

/**
 * Converts the labels of a name that are not ASCII to Punycode (RFC 5891, UTS #46 as URLs use it); all other labels stay as they
 * are. Throws NameError for a label that has no Punycode, and for a name that has escapes as well.
 */
export function toPunycode(name: string): string {
  if (!NOT_ASCII.test(name)) return name;
  return name
    .split('.')
    .map((label) => (NOT_ASCII.test(label) ? labelToPunycode(label, name.includes('\\')) : label))
    .join('.');
}

function labelToPunycode(label: string, hasEscapes: boolean): string {
  // Behind it a label that is no number, or four numbers would become an address.
  const { host = '', href = '' } = (hasEscapes ? null : URL.parse(`http://${label}.x`)) ?? {};
  if (!host.endsWith('.x') || href !== `http://${host}/`)
    throw new NameError(`has "${label}" in it, which cannot be converted to Punycode`);
  return host.slice(0, -'.x'.length);
}
