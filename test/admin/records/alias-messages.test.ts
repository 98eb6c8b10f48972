import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOOPS_TOLD_MAX } from '../../../src/admin/zones/alias-messages.ts';
import { ALIASES_TOLD_MAX, aliasSourceOf } from '../../../src/commands/source/alias-source.ts';
import { contentsByApex } from '../../../src/zone/alias-loops.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { openRecordsApi, type RecordsApi } from './harness.ts';

/** What is answered now. */
const SERVED = contentsByApex([
  zoneFile('example.com', 'back 60 CNAME a.example.org\ndown 60 DNAME d.example.org\nhost 60 A 192.0.2.1'),
  zoneFile('example.org', '*.w 60 CNAME host.example.com'),
]);
let api: RecordsApi;
beforeAll(async () => {
  api = await openRecordsApi({ aliases: aliasSourceOf({ contents: () => SERVED }) });
});
afterAll(() => api.stop());

const cname = (name: string, content: string) => ({ type: 'CNAME', name, content });

describe('the answer to a write of a record that leads into a loop has a message', () => {
  test.each([
    {
      what: 'to itself',
      body: cname('self', 'self.example.org'),
      loop: 'self.example.org. → self.example.org.',
    },
    {
      what: 'over two zones',
      body: cname('a', 'back.example.com'),
      loop: 'a.example.org. → back.example.com. → a.example.org.',
    },
    {
      what: 'into a wildcard',
      body: cname('*.x', 'y.x.example.org'),
      loop: 'y.x.example.org. → y.x.example.org.',
    },
    {
      what: 'a DNAME (RFC 6672)',
      body: { type: 'DNAME', name: 'd', content: 'down.example.com' },
      loop: '*.d.example.org. → *.down.example.com. → *.d.example.org.',
    },
    { what: 'no loop', body: cname('fine', 'host.example.com'), loop: undefined },
    { what: 'no loop, by a wildcard', body: cname('wild', 'any.w.example.org'), loop: undefined },
    { what: 'no alias', body: { type: 'A', name: 'address', content: '192.0.2.9' }, loop: undefined },
  ])('$what', async ({ body, loop }) => {
    const { status, body: answer } = await api.call('POST', api.ofApi, body);
    expect(status).toBe(200);
    const found = answer.messages.filter(({ code }: { code: number }) => code === 10106);
    expect(found.map(({ message }: { message: string }) => message)).toEqual(
      loop === undefined ? [] : [expect.stringContaining(`leads into a loop: ${loop} No resolver`)],
    );
  });

  test(`${LOOPS_TOLD_MAX} at the most`, async () => {
    const posts = Array.from({ length: LOOPS_TOLD_MAX + 1 }, (_, i) => cname(`l${i}`, `l${i}.example.org`));
    const { body } = await api.call('POST', `${api.ofApi}/batch`, { posts });
    expect(body.messages).toHaveLength(LOOPS_TOLD_MAX);
  });
});

test('a long chain of aliases is followed a bounded way, so that no write holds up the main thread (found by reading)', () => {
  const chain = (aliases: number) =>
    Array.from({ length: aliases }, (_, i) => `c${i} 60 CNAME c${i + 1}.example.com`).join('\n');
  const loopOf = (aliases: number) => {
    const zones = contentsByApex([zoneFile('example.com', chain(aliases))]);
    const last = { name: `c${aliases}.example.com`, type: 'CNAME', content: 'c0.example.com.' };
    return aliasSourceOf({ contents: () => zones }).loopWith(last);
  };
  expect(loopOf(ALIASES_TOLD_MAX - 2)).toHaveLength(ALIASES_TOLD_MAX);
  expect(loopOf(ALIASES_TOLD_MAX)).toBeUndefined();
});
