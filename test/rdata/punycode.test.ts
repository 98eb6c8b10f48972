import { expect, test } from 'vitest';
import { NameError } from '../../src/dns/name.ts';
import { toPunycode } from '../../src/rdata/punycode.ts';
import { printRdata } from '../../src/rdata/rdata.ts';
import { recordTypeNumber } from '../../src/rdata/record-type.ts';
import { rdataOf } from './of-type.ts';

test.each([
  { name: 'bücher.example', ascii: 'xn--bcher-kva.example', rule: 'RFC 5891 §4' },
  { name: 'Bücher.Example.', ascii: 'xn--bcher-kva.Example.', rule: 'only what is not ASCII changes' },
  { name: '*.bücher.example', ascii: '*.xn--bcher-kva.example', rule: 'RFC 4592 §2.1.1' },
  { name: '_dmarc.faß.example', ascii: '_dmarc.xn--fa-hia.example', rule: 'RFC 5892: ß stays apart from ss' },
  { name: 'www.例え.テスト', ascii: 'www.xn--r8jz45g.xn--zckzah', rule: 'RFC 5891 §4' },
  { name: '例え。テスト', ascii: 'xn--r8jz45g.xn--zckzah', rule: 'RFC 5895 §2: the ideographic full stop' },
  { name: '☃.example', ascii: 'xn--n3h.example', rule: 'UTS #46' },
  { name: '１.２.３.４', ascii: '1.2.3.4', rule: 'UTS #46: digits of another width' },
  { name: 'a\\.b.example', ascii: 'a\\.b.example', rule: 'ASCII stays as it is' },
  { name: '', ascii: '', rule: 'ASCII stays as it is' },
])('$name is $ascii ($rule)', ({ name, ascii }) => expect(toPunycode(name)).toBe(ascii));

test.each(['ü/x.example', 'ü:80', 'u@ü', 'ü?', 'ü#', 'ü\\.x', 'ü[1]', '\u{e000}', 'ü%20', 'ü.b\\.c'])(
  '%s has no Punycode',
  (name) => {
    expect(() => toPunycode(`a.${name}`)).toThrow(NameError);
    expect(() => toPunycode(`a.${name}`)).toThrow('cannot be converted to Punycode');
  },
);

test('names in rdata are converted, and texts are not', () => {
  const shown = (type: string, text: string) => printRdata(recordTypeNumber(type)!, rdataOf(type, text));
  expect(shown('MX', '10 mail.bücher.example')).toBe('10 mail.xn--bcher-kva.example.');
  expect(shown('TXT', 'bücher')).toBe('"b\\195\\188cher"');
});
