import { expect, test } from 'vitest';
import { objectOf, type Shape, text } from '../../../src/pool/shape.ts';
import { eventOf } from '../../../src/store/record/event-text.ts';
import { parseObservation } from '../../../src/store/record/observation-text.ts';
import {
  AUDIT_CHARACTERS_MAX,
  parseDocument,
  parseRecord,
  RECORD_DEPTH_MAX,
  REPORT_CHARACTERS_MAX,
  type SetAside,
} from '../../../src/store/record/record.ts';
import { parseReported } from '../../../src/store/record/reported-text.ts';
import { audit, observation, pool } from '../contract/samples.ts';

/** A JSON text with so many spaces at its end that it has this length. */
const ofLength = (value: object, length: number) => JSON.stringify(value).padEnd(length, ' ');
const REGION = { kind: 'region', presence: 'live' };

const KINDS: readonly {
  kind: string;
  max: number;
  value: object;
  read: (text: string, setAside: SetAside) => unknown;
}[] = [
  { kind: 'observation', max: REPORT_CHARACTERS_MAX, value: observation('c'), read: parseObservation },
  {
    kind: 'reported state',
    max: REPORT_CHARACTERS_MAX,
    value: REGION,
    read: (record, setAside) => parseReported('region/eu', record, setAside),
  },
  {
    kind: 'event',
    max: AUDIT_CHARACTERS_MAX,
    value: { ...audit('a'), revision: 1 },
    read: (record, setAside) => eventOf(record, '1', undefined, setAside),
  },
];
test.each(KINDS)(
  'a $kind that is longer than any is set aside before it is parsed, which held up the thread',
  ({ max, value, read }) => {
    const flaws: string[] = [];
    const setAside: SetAside = ({ rule }) => flaws.push(rule);
    expect(read(ofLength(value, max), setAside)).toBeDefined();
    expect(flaws).toEqual([]);
    expect(read(ofLength(value, max + 1), setAside)).toBeUndefined();
    expect(flaws).toEqual([`must not be longer than ${max} characters`]);
  },
);

const anything: Shape = () => undefined;

/** A text of JSON that is so deep, and long enough for that to matter. */
const ofDepth = (depth: number) =>
  JSON.stringify({ id: 'a', long: 'x [{"\\'.repeat(50_000), deep: 0 }).replace(
    '"deep":0',
    `"deep":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}`,
  );
test('a long record that is nested deeper than any is set aside before it is parsed, which took seconds', () => {
  const shape = objectOf({ id: text }, { long: text, deep: anything });
  const flaws: string[] = [];
  const setAside: SetAside = ({ rule }) => flaws.push(rule);
  expect(parseRecord(ofDepth(RECORD_DEPTH_MAX), shape, setAside)).toMatchObject({ id: 'a' });
  expect(parseRecord(ofDepth(RECORD_DEPTH_MAX + 1), shape, setAside)).toBeUndefined();
  expect(flaws).toEqual([`must not be nested deeper than ${RECORD_DEPTH_MAX}`]);
  const deep = `{"id":"a","deep":${'['.repeat(3_000_000)}${']'.repeat(3_000_000)}}`;
  expect(parseDocument({ kind: 'pool', id: 'a' }, 1, deep, setAside)).toBeUndefined();
  expect(parseDocument({ kind: 'pool', id: 'a' }, 1, JSON.stringify(pool('a')), setAside)).toBeDefined();
  expect(flaws).toHaveLength(2);
});
