import { describe, expect, test } from 'vitest';
import { ENTRY_CHARACTERS_MAX } from '../../src/zone-file/entries.ts';
import { GENERATED_CHARACTERS_MAX } from '../../src/zone-file/generate.ts';
import { INCLUDE_DEPTH_MAX, INCLUDES_MAX, PROBLEMS_MAX } from '../../src/zone-file/read-zone-file.ts';
import { type ReadOptions, read } from './reading.ts';

const SOA = '@ 60 IN SOA ns1 host 7 3600 600 86400 30\n';

describe('problems', () => {
  const nested = Object.fromEntries(
    Array.from({ length: INCLUDE_DEPTH_MAX }, (_, i) => [`f${i + 1}`, `$INCLUDE f${i + 2}\n`]),
  );
  test.each<{ readonly text: string; readonly problems: readonly string[]; readonly options?: ReadOptions }>([
    { text: ' 1 A 192.0.2.1', problems: ['db:1:2: has no owner, and no record is before it'] },
    { text: 'a 1 A 192.0.2.1 x', problems: ['db:1:7: A "192.0.2.1 x" must be `address`'] },
    { text: 'a 1 A 192.0.2.256', problems: ['db:1:7: A "192.0.2.256" is not an IPv4 address'] },
    { text: 'a 1 A', problems: ['db:1:5: A "" must be `address`'] },
    {
      text: 'a A 192.0.2.1',
      problems: ['db:1:3: has no TTL; write one before the type, or put $TTL before the first record'],
    },
    { text: 'a 1 CH A 192.0.2.1', problems: ['db:1:5: is the class "CH"; only IN is allowed'] },
    {
      text: 'a 2147483648 A 192.0.2.1',
      problems: ['db:1:3: is the TTL "2147483648"; 2147483647 seconds at most'],
    },
    { text: 'a 1 2 A 192.0.2.1', problems: ['db:1:5: "2" is not a record type'] },
    { text: 'a 1 AX 192.0.2.1', problems: ['db:1:5: "AX" is not a record type'] },
    { text: 'a 1 ANY x', problems: ['db:1:5: is the class "ANY"; only IN is allowed'] },
    { text: 'a 1 RRSIG x', problems: ['db:1:5: RRSIG is a type of signed zones, which are not served yet'] },
    { text: 'a 1', problems: ['db:1:3: ends before the type of the record'] },
    { text: 'a', problems: ['db:1:1: ends before the type of the record'] },
    { text: '"a" 1 A 192.0.2.1', problems: ['db:1:1: "a" is an owner in quotes; remove them'] },
    {
      text: 'a..b 1 A 192.0.2.1\n 1 A 192.0.2.2',
      problems: ['db:1:1: "a..b" is not a domain name (has an empty label)'],
    },
    {
      text: `${'a.'.repeat(125)}b 1 A 192.0.2.1`,
      problems: [
        expect.stringMatching(
          /^db:1:1: .* is not a domain name \(has 2\d\d octets; 255 at most\)$/,
        ) as unknown as string,
      ],
    },
    {
      text: '\na.example.com. 1 A 192.0.2.1',
      problems: ['db:2:1: a.example.com. is outside the zone example.org.'],
    },
    {
      text: 'a 1 TXT "b\nc 1 A 192.0.2.1',
      problems: ['db:1:9: opens a quote that does not end on its line'],
    },
    {
      text: 'a 1 TXT "b\\\n"',
      problems: [
        'db:1:9: opens a quote that does not end on its line',
        'db:2:1: opens a quote that does not end on its line',
      ],
    },
    { text: 'a 1 TXT b\\\nc 1 A 192.0.2.1', problems: ['db:1:9: has a backslash at the end of its line'] },
    { text: 'a 1 TXT b\\', problems: ['db:1:9: has a backslash at the end of its line'] },
    { text: 'a 1 TXT b )', problems: ['db:1:11: closes a parenthesis that is not open'] },
    { text: 'a 1 TXT ( b\nc 1 A 192.0.2.1', problems: ['db:1:9: opens a parenthesis that is never closed'] },
    {
      text: 'a 1 TXT (\n b\n "c\n)',
      problems: [
        'db:3:2: opens a quote that does not end on its line',
        'db:4:1: closes a parenthesis that is not open',
      ],
    },
    {
      text: 'a 1 MX (\n10\n192.0.2.1 )',
      problems: [expect.stringMatching(/^db:2:1: MX "10 192\.0\.2\.1" /) as unknown as string],
    },
    { text: '$TTL', problems: ['db:1:1: must be `$TTL seconds`'] },
    { text: '$TTL 1 2', problems: ['db:1:8: must be `$TTL seconds`'] },
    { text: '$TTL x', problems: ['db:1:6: "x" is not a TTL of 0 to 2147483647 seconds'] },
    { text: '$TTL 2147483648', problems: ['db:1:6: "2147483648" is not a TTL of 0 to 2147483647 seconds'] },
    { text: '$ORIGIN a..', problems: ['db:1:9: "a.." is not a domain name (has an empty label)'] },
    { text: '$ORIGN a', problems: ['db:1:1: "$ORIGN" is not a directive here (did you mean "$ORIGIN"?)'] },
    { text: '$INCLUDE x', problems: ['db:1:10: $INCLUDE is not allowed here'] },
    { text: '$INCLUDE x', problems: ['db:1:10: "x" is no file'], options: { files: {} } },
    {
      text: '$INCLUDE x a..',
      problems: ['db:1:12: "a.." is not a domain name (has an empty label)'],
      options: { files: { x: '' } },
    },
    {
      text: '$INCLUDE x',
      problems: ['x:2:10: "x" includes itself'],
      options: { files: { x: '\n$INCLUDE x' } },
    },
    {
      text: '$INCLUDE f1',
      problems: [
        `f${INCLUDE_DEPTH_MAX - 1}:1:10: "f${INCLUDE_DEPTH_MAX}" nests more than ${INCLUDE_DEPTH_MAX} files`,
      ],
      options: { files: { ...nested, [`f${INCLUDE_DEPTH_MAX}`]: '' } },
    },
    {
      text: '$INCLUDE x',
      problems: ['x:1:7: A "y" is not an IPv4 address'],
      options: { files: { x: 'a 1 A y' } },
    },
    { text: `${SOA}${SOA}`, problems: ['db:2:13: is a second SOA; the zone has one already (db:1)'] },
    {
      text: `b ${SOA.slice(2)}`,
      problems: ['db:1:13: b.example.org. has an SOA, which only the apex example.org. can have'],
    },
    {
      text: '@ 1 SOA a b 1 2 3 4',
      problems: [expect.stringMatching(/^db:1:9: SOA "a b 1 2 3 4" must be /) as unknown as string],
    },
    {
      text: '@ 1 SOA a b 1 2 3 4 0',
      problems: ['db:1:9: SOA has the minimum 0; it must be from 1 to 2147483647'],
    },
    {
      text: '$GENERATE 1-2 a A',
      problems: ['db:1:1: must be `$GENERATE range owner [ttl] [class] type data`'],
    },
    {
      text: '$GENERATE 2-1 a 1 A 192.0.2.$',
      problems: ['db:1:11: "2-1" is a range that ends before it begins'],
    },
    {
      text: `$GENERATE 1-2 a\${1,2,z} 1 A 192.0.2.$`,
      problems: [expect.stringMatching(/^db:1:15: "a\$\{1,2,z\}" has \$\{1,2,z\}; /) as unknown as string],
    },
    {
      text: '$GENERATE 250-260 a$ 1 A 192.0.2.$',
      problems: ['db:1:19: A "192.0.2.256" is not an IPv4 address'],
    },
    {
      text: 'a 1 A 192.0.2.1\nb 1 A 192.0.2.1\nc 1 A 192.0.2.1\nd 1 A x',
      problems: ['db:3: begins more than 2 records'],
      options: { recordsMax: 2 },
    },
    {
      text: '$GENERATE 1-9 a$ 1 A 192.0.2.$',
      problems: ['db:1: begins more than 8 records'],
      options: { recordsMax: 8 },
    },
  ])('$text', ({ text, problems, options }) => {
    expect(read(text, options).problems).toEqual(problems);
  });

  test(`reading ends after ${PROBLEMS_MAX} of them`, () => {
    const { problems } = read('a 1 A x\n'.repeat(PROBLEMS_MAX + 5));
    expect(problems).toHaveLength(PROBLEMS_MAX + 1);
    expect(problems.at(-1)).toBe(
      `db:${PROBLEMS_MAX}:7: is the last place that was read, after ${PROBLEMS_MAX} problems`,
    );
    expect(read('a 1 A x\n'.repeat(PROBLEMS_MAX - 1)).problems).toHaveLength(PROBLEMS_MAX - 1);
  });

  test(`a file includes ${INCLUDES_MAX} others at most`, () => {
    const files = { x: '' };
    expect(read('$INCLUDE x\n'.repeat(INCLUDES_MAX), { files }).problems).toEqual([]);
    expect(read('$INCLUDE x\n'.repeat(INCLUDES_MAX + 1), { files }).problems).toEqual([
      `db:${INCLUDES_MAX + 1}:10: includes more than ${INCLUDES_MAX} files`,
    ]);
  });

  test('all $GENERATE make a bounded number of characters, so that a short file takes no gigabytes (found by reading)', () => {
    expect(GENERATED_CHARACTERS_MAX).toBe(64 * 2 ** 20);
    const text = '$GENERATE 1-4 a 1 A 192.0.2.$\n'.repeat(2);
    const generatedMax = 8 * 'a 1 A 192.0.2.1'.length;
    expect(read(text, { generatedMax }).problems).toEqual([]);
    const { problems, records } = read(text, { generatedMax: generatedMax - 1 });
    expect(problems).toEqual([`db:2:15: begins more than ${generatedMax - 1} characters of generated lines`]);
    expect(records).toHaveLength(7);
  });

  test(`an entry has ${ENTRY_CHARACTERS_MAX} characters at most`, () => {
    const entry = (length: number) => `a 1 TXT ( x${'\n'.repeat(length - 12)})`;
    expect(read(entry(ENTRY_CHARACTERS_MAX)).lines).toEqual(['a.example.org. 1 TXT "x"']);
    expect(read(entry(ENTRY_CHARACTERS_MAX + 1)).problems).toEqual([
      `db:1:1: begins an entry of more than ${ENTRY_CHARACTERS_MAX} characters`,
    ]);
  });
});
