import { describe, expect, test } from 'vitest';
import {
  foldOctet,
  foldWord,
  formatName,
  isAtOrBelow,
  LABEL_OCTETS_MAX,
  NAME_OCTETS_MAX,
  NameError,
  nameKey,
  parentOf,
  parseName,
  prependLabel,
  type WireName,
} from '../../src/dns/name.ts';
import fc, { anyText } from '../support/property.ts';

const hex = (octets: Uint8Array) => Buffer.from(octets).toString('hex');
const ORG = '076578616d706c65036f726700'; // example.org.

/** Labels of any octets, as many as fit a name. */
const labelsOfOctets = fc
  .array(fc.uint8Array({ minLength: 1, maxLength: LABEL_OCTETS_MAX }), { maxLength: 12 })
  .filter((labels) => labels.reduce((sum, label) => sum + 1 + label.length, 1) <= NAME_OCTETS_MAX);

/** Presentation form with every octet escaped, which is always allowed (RFC 1035 §5.1). */
function escaped(labels: readonly Uint8Array[]): string {
  const ddd = (octet: number) => `\\${String(octet).padStart(3, '0')}`;
  return labels.length === 0 ? '.' : labels.map((label) => Array.from(label, ddd).join('')).join('.');
}

describe('parseName', () => {
  test.each([
    { text: '.', wire: '00', rule: 'RFC 1035 §3.1, the root' },
    { text: 'example.org', wire: ORG, rule: 'always a full name' },
    { text: 'example.org.', wire: ORG, rule: 'RFC 1035 §5.1, final dot' },
    { text: 'EXAMPLE.oRg', wire: ORG, rule: 'RFC 4343 §3, ASCII case folded' },
    { text: '*.example.org', wire: `012a${ORG}`, rule: 'RFC 4592 §2.1.1, asterisk label' },
    { text: '_dns._udp.example.org', wire: `045f646e73045f756470${ORG}`, rule: 'RFC 2181 §11, any octet' },
    { text: 'a\\.b.example.org', wire: `03612e62${ORG}`, rule: 'RFC 1035 §5.1 \\X' },
    { text: '\\097\\065.example.org', wire: `026161${ORG}`, rule: 'RFC 4343 §2.1, \\DDD is folded too' },
    { text: '\\000\\255.example.org', wire: `0200ff${ORG}`, rule: 'RFC 1035 §5.1 \\DDD, both ends' },
    { text: '\\\\.example.org', wire: `015c${ORG}`, rule: 'RFC 1035 §5.1, a backslash' },
    { text: '\\193.example.org', wire: `01c1${ORG}`, rule: 'RFC 4343 §3, only ASCII is folded' },
  ])('$text is $wire ($rule)', ({ text, wire }) => {
    expect(hex(parseName(text))).toBe(wire);
  });

  test.each([
    { text: '', message: 'is empty' },
    { text: '..', message: 'has an empty label' },
    { text: '.example.org', message: 'has an empty label' },
    { text: 'a..example.org', message: 'has an empty label' },
    { text: 'example.org..', message: 'has an empty label' },
    { text: 'a b.example.org', message: 'has a character that is not printable ASCII' },
    { text: 'münchen.example.org', message: 'has a character that is not printable ASCII' },
    { text: 'a\u0000.example.org', message: 'has a character that is not printable ASCII' },
    { text: 'a\\', message: 'has a broken escape' },
    { text: 'a\\\u00e9.example.org', message: 'has a broken escape' },
    { text: 'a\\\nb.example.org', message: 'has a broken escape' },
    { text: 'a\\25.example.org', message: 'has a broken escape' },
    { text: 'a\\256.example.org', message: 'has a broken escape' },
  ])('$text $message', ({ text, message }) => {
    expect(() => parseName(text)).toThrow(NameError);
    expect(() => parseName(text)).toThrow(message);
  });

  test('a label ends at 63 octets (RFC 1035 §2.3.4)', () => {
    expect(parseName('x'.repeat(63))).toHaveLength(65);
    expect(() => parseName('x'.repeat(64))).toThrow('has a label of 64 octets; 63 at most');
    expect(parseName('\\120'.repeat(63))).toHaveLength(65);
    expect(() => parseName('\\120'.repeat(64))).toThrow('has a label of 64 octets; 63 at most');
  });

  test('a name ends at 255 octets, its root label included (RFC 1035 §2.3.4)', () => {
    const most = `${`${'x'.repeat(63)}.`.repeat(3)}${'y'.repeat(61)}`;
    expect(parseName(most)).toHaveLength(NAME_OCTETS_MAX);
    expect(() => parseName(`${most}y`)).toThrow('has 256 octets; 255 at most');
  });

  test('parses any octets and gives them back in lower case', () => {
    fc.assert(
      fc.property(labelsOfOctets, (labels) => {
        const wire = parseName(escaped(labels));
        const fold = (octet: number) => (octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet);
        const expected = [...labels.flatMap((label) => [label.length, ...Array.from(label, fold)]), 0];
        expect([...wire]).toEqual(expected);
      }),
    );
  });

  test('throws only NameError', () => {
    fc.assert(
      fc.property(anyText(300), (text) => {
        try {
          expect(parseName(text).length).toBeLessThanOrEqual(NAME_OCTETS_MAX);
        } catch (error) {
          expect(error).toBeInstanceOf(NameError);
        }
      }),
    );
  });
});

describe('formatName', () => {
  test.each([
    { text: '.', shown: '.' },
    { text: 'Example.org', shown: 'example.org.' },
    { text: 'a\\.b\\\\c.example.org', shown: 'a\\.b\\\\c.example.org.' },
    { text: 'a\\032\\000\\255.example.org', shown: 'a\\032\\000\\255.example.org.' },
  ])('$text shows as $shown (RFC 4343 §2.1)', ({ text, shown }) => {
    expect(formatName(parseName(text))).toBe(shown);
  });

  test('parseName reverses it', () => {
    fc.assert(
      fc.property(labelsOfOctets, (labels) => {
        const name = parseName(escaped(labels));
        expect(parseName(formatName(name))).toEqual(name);
      }),
    );
  });
});

describe('prependLabel', () => {
  const zone = parseName('example.org');

  test.each([
    { label: 'WWW', name: 'www.example.org.' },
    { label: '*', name: '*.example.org.' },
    { label: 'a\\.b', name: 'a\\.b.example.org.' },
  ])('$label before example.org is $name', ({ label, name }) => {
    expect(formatName(prependLabel(label, zone))).toBe(name);
  });

  test.each([
    { label: '', message: 'is empty' },
    { label: 'a.b', message: 'is more than one label' },
    { label: '.', message: 'is more than one label' },
    { label: 'x'.repeat(64), message: 'has a label of 64 octets; 63 at most' },
  ])('"$label" $message', ({ label, message }) => {
    expect(() => prependLabel(label, zone)).toThrow(NameError);
    expect(() => prependLabel(label, zone)).toThrow(message);
  });

  test('the whole ends at 255 octets (RFC 1035 §2.3.4)', () => {
    const long = parseName(`${`${'x'.repeat(63)}.`.repeat(3)}${'y'.repeat(59)}`);
    expect(prependLabel('z', long)).toHaveLength(NAME_OCTETS_MAX);
    expect(() => prependLabel('zz', long)).toThrow('has 256 octets; 255 at most');
  });
});

describe('relations', () => {
  test.each([
    { name: 'www.example.org', parent: 'example.org.' },
    { name: 'org', parent: '.' },
    { name: '.', parent: undefined },
    { name: 'a\\.b.org', parent: 'org.' },
  ])('the parent of $name is $parent', ({ name, parent }) => {
    const found = parentOf(parseName(name));
    expect(found && formatName(found)).toBe(parent);
  });

  test.each([
    { name: 'example.org', ancestor: 'example.org', at: true },
    { name: 'a.b.example.org', ancestor: 'EXAMPLE.org', at: true },
    { name: 'example.org', ancestor: '.', at: true },
    { name: '.', ancestor: '.', at: true },
    { name: '.', ancestor: 'org', at: false },
    { name: 'org', ancestor: 'example.org', at: false },
    { name: 'xexample.org', ancestor: 'example.org', at: false },
    { name: 'example.com', ancestor: 'example.org', at: false },
    // Label boundaries count, not octets: \003org inside a label looks like a label.
    { name: 'a\\003org', ancestor: 'org', at: false },
  ])('$name at or below $ancestor: $at', ({ name, ancestor, at }) => {
    expect(isAtOrBelow(parseName(name), parseName(ancestor))).toBe(at);
  });

  test('keys are equal only for equal names', () => {
    fc.assert(
      fc.property(labelsOfOctets, labelsOfOctets, (one, other) => {
        const a = parseName(escaped(one));
        const b = parseName(escaped(other));
        expect(nameKey(a) === nameKey(b)).toBe(hex(a) === hex(b));
        expect(nameKey(Uint8Array.from([9, ...a]).subarray(1) as WireName)).toBe(nameKey(a));
      }),
    );
  });
});

test('a word is folded as its octets are, at each place in it', () => {
  for (let octet = 0; octet < 256; octet += 1)
    for (const other of [0, 0x40, 0x5a, 0x7f, 0x80, 0xff])
      for (let at = 0; at < 4; at += 1) {
        const octets = new Uint8Array(4).fill(other);
        octets[at] = octet;
        const folded = Int32Array.of(foldWord(new Int32Array(octets.buffer)[0]!));
        expect(new Uint8Array(folded.buffer)).toEqual(octets.map(foldOctet));
      }
});
