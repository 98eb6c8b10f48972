import { RdataError } from './rdata-error.ts';

/** A label with a character that is not ASCII, up to the next dot. */
const INTERNATIONAL = /[^.]*[^\p{ASCII}.][^.]*/gu;

/**
 * Converts the labels of a name that are not ASCII to Punycode (RFC 5891, UTS #46 as URLs use it); all other labels stay as they
 * are. Throws RdataError for a label that has no Punycode.
 */
export function toPunycode(name: string): string {
  return name.replaceAll(INTERNATIONAL, (label) => {
    // Behind it a label that is no number, or four numbers would become an address; with a backslash the host would end.
    const { host = '', href = '' } = (label.includes('\\') ? null : URL.parse(`http://${label}.x`)) ?? {};
    if (!host.endsWith('.x') || href !== `http://${host}/`)
      throw new RdataError(`has "${label}" in a name, which cannot be converted to Punycode`);
    return host.slice(0, -'.x'.length);
  });
}
