import { afterAll, expect, test } from 'vitest';
import { RECORDS_PER_PAGE_MAX } from '../../../src/admin/records/routes.ts';
import { recordTable } from '../../../src/cli/zones/record.ts';
import { dnsRecord } from '../../store/contract/samples.ts';
import { openRecordsApi } from './harness.ts';

const api = await openRecordsApi();
afterAll(() => api.stop());

await api.create({
  type: 'A',
  name: 'a',
  content: '192.0.2.1',
  ttl: 60,
  comment: 'First one',
  tags: ['team:Web', 'x'],
});
await api.create({ type: 'A', name: 'b', content: '192.0.2.2', ttl: 30, proxied: true, tags: ['team:mail'] });
await api.create({ type: 'MX', name: '@', content: 'mail.example.org', priority: 10, ttl: 90 });
await api.create({ type: 'TXT', name: 'c', content: 'v=spf1 -all', comment: 'second' });
await api.create({ type: 'SRV', name: '_sip._tcp', content: '10 5 5060 Sip.example.net.' });
await api.create({ type: 'NS', name: 'cut', content: 'ns.example.net' });

const A = 'a.example.org A 192.0.2.1';
const B = 'b.example.org A 192.0.2.2';
const MX = 'example.org MX mail.example.org';
const TXT = 'c.example.org TXT "v=spf1 -all"';
const SRV = '_sip._tcp.example.org SRV 5 5060 Sip.example.net';
const NS = 'cut.example.org NS ns.example.net';
/** In canonical order of the names (RFC 4034 §6.1). */
const ALL = [MX, SRV, A, B, TXT, NS].sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));

function orderOf(record: string): string {
  return record.split(' ')[0]!.split('.').reverse().join(' ');
}

test.each([
  ['', ALL],
  ['type=A', [A, B]],
  ['type=mx,TXT', [MX, TXT]],
  ['name=a.example.org', [A]],
  ['name=A.EXAMPLE.ORG.', [A]],
  ['name=@', [MX]],
  ['name=a', []],
  // Other spellings of a name (RFC 1035 §5.1): once they found nothing, and "records set" added beside what it should replace.
  ['name=%5C065.example.org', [A]],
  ['name.exact=_sip.%5C_tcp.example.org.', [SRV]],
  ['name=a%5C.example.org', []],
  ['name.exact=c.example.org', [TXT]],
  ['name.contains=.exam', ALL.filter((each) => each !== MX)],
  ['name.startswith=_SIP', [SRV]],
  ['name.endswith=b.example.org', [B]],
  ['name=%22', []],
  ['content=192.0.2.1', [A]],
  ['content=mail.example.org', [MX]],
  ['content=MAIL.example.org.', [MX]],
  ['content=10%20mail.example.org.', [MX]],
  ['content=v%3Dspf1%20-all', [TXT]],
  ['content.exact=%22v%3Dspf1%20-all%22', [TXT]],
  ['content=5%095060%09sip.example.net', [SRV]],
  ['content.startswith=192.0', [A, B]],
  ['content.endswith=.2', [B]],
  ['content.contains=SPF', [TXT]],
  ['comment=first%20ONE', [A]],
  ['comment.contains=o', [A, TXT]],
  ['comment.present', [A, TXT]],
  ['comment.absent', ALL.filter((each) => ![A, TXT].includes(each))],
  ['comment.startswith=sec', [TXT]],
  ['comment.endswith=one', [A]],
  ['tag=team:web', [A]],
  ['tag.exact=TEAM:mail', [B]],
  ['tag.present=team', [A, B]],
  ['tag.present=x', [A]],
  ['tag.absent=team', ALL.filter((each) => ![A, B].includes(each))],
  ['tag.contains=team:a', [B]],
  ['tag.startswith=team:w', [A]],
  ['tag.endswith=team:b', [A]],
  ['tag=team:web&tag=x:', [A]],
  ['tag=team:web&tag=team:mail', []],
  ['tag=team:web&tag=team:mail&tag_match=any', [A, B]],
  ['proxied=true', [B]],
  ['proxied=false&type=A', [A]],
  ['search=SPF1', [TXT]],
  ['search=team:mail', [B]],
  ['search=first', [A]],
  ['match=any&type=MX&name=a.example.org', [MX, A]],
  ['match=all&type=MX&name=a.example.org', []],
  ['match=any', ALL],
  ['match=any&type=MX&search=spf1', []],
  ['order=type', [A, B, MX, NS, SRV, TXT]],
  ['order=type&direction=desc', [TXT, SRV, NS, MX, B, A]],
  ['order=ttl&type=A', [B, A]],
  ['order=content&type=A&direction=desc', [B, A]],
  ['order=proxied&type=A', [A, B]],
  ['order=name&direction=desc', ALL.toReversed()],
  ['order=type&page=2&per_page=2', [MX, NS]],
  ['order=type&direction=desc&page=2&per_page=4', [B, A]],
  ['order=type&direction=desc&page=3&per_page=4', []],
  ['order=content&type=MX,A', [MX, A, B]],
  ['shadowing_name=deep.cut.example.org', [NS]],
  ['shadowed_by_name=cut.example.org', []],
  ['include_shadow_metadata=true&type=NS', [NS]],
  ['something=else', ALL],
])('a list of records with %s', async (query, expected) => {
  expect(await api.found(query)).toEqual(expected);
});

test('pages say where they lie, are empty past the end, and never hold more than a maximum', async () => {
  const page = async (query: string) => {
    const { body } = await api.call('GET', `${api.ofApi}?${query}`);
    return [body.result.length, body.result_info];
  };
  const info = { total_count: 6, total_pages: 2, per_page: 4 };
  expect(await page('per_page=4')).toEqual([4, { ...info, page: 1, count: 4 }]);
  expect(await page('per_page=4&page=2')).toEqual([2, { ...info, page: 2, count: 2 }]);
  expect(await page('per_page=4&page=3')).toEqual([0, { ...info, page: 3, count: 0 }]);
  expect(await page('type=A&per_page=1&page=2')).toEqual([
    1,
    { page: 2, per_page: 1, count: 1, total_count: 2, total_pages: 2 },
  ]);
  expect(await page('')).toEqual([6, { page: 1, per_page: 100, count: 6, total_count: 6, total_pages: 1 }]);
  const { per_page: most } = (await page('per_page=50000'))[1];
  expect(most).toBe(RECORDS_PER_PAGE_MAX);
  const parts = [await api.found('limit=4&offset=0'), await api.found('limit=4&offset=4')];
  expect(parts.flat()).toEqual(ALL);
});

test.each([
  ['per_page=0', '/per_page'],
  ['page=x', '/page'],
  ['match=some', '/match'],
  ['order=age', '/order'],
  ['proxied=maybe', '/proxied'],
])('a wrong query is refused at its place: %s', async (query, pointer) => {
  const answer = await api.call('GET', `${api.ofApi}?${query}`);
  expect(answer.status).toBe(400);
  expect(answer.body.errors).toMatchObject([{ code: 1002, source: { pointer } }]);
});

test('a list of text tools: compact JSON with the identifier', async () => {
  const answer = await fetch(`${api.url}${api.ofApi}?type=MX`, {
    headers: { authorization: 'Bearer correct-horse-battery-staple' },
  });
  expect(await answer.text()).toMatch(/"result":\[\{"id":"[0-9a-f]{32}","zone_id":"[0-9a-f]{32}",/);
});

test('a list in an order that was asked for before shows what was written since', async () => {
  const path = `${api.ofApi}?order=ttl&direction=desc&per_page=1`;
  const newest = async () => (await api.call('GET', path)).body.result[0].name;
  expect(await newest()).toBe('example.org');
  const { id } = await api.create({ type: 'A', name: 'long', content: '192.0.2.9', ttl: 86_400 });
  expect(await newest()).toBe('long.example.org');
  await api.call('DELETE', `${api.ofApi}/${id}`);
  expect(await newest()).toBe('example.org');
});

test('a CNAME that stands for addresses of another server looked like one that has some', async () => {
  const name = 'elsewhere.example.org';
  const put = (id: string, content: string) => {
    const held = { zoneId: api.zoneId, name: `${id.slice(-1)}.${name}`, type: 'CNAME', content };
    const value = dnsRecord(id, { ...held, settings: { flatten_cname: true } });
    return { op: 'put', kind: 'record', id, value, unique: [], references: [] } as const;
  };
  const ids = ['a', 'b', 'c'].map((end) => end.padStart(32, '0'));
  const contents = ['www.example.net.', 'a.example.org.', 'not a name..'];
  await api.store.commit(ids.map((id, i) => put(id, contents[i]!)));
  const { body } = await api.call('GET', `${api.ofApi}?name.endswith=.${name}`);
  const why =
    'It answers with the addresses of its target, which is in no zone of this server, so it has none.';
  expect(body.result.map(({ meta }: { meta: object }) => meta)).toEqual([
    { source: 'api', unanswered: why },
    { source: 'api' },
    { source: 'api' },
  ]);
  expect(recordTable(body.result).split('\n').slice(4)).toEqual([
    `Record "a.${name}" CNAME has no answer. ${why}`,
    '',
  ]);
  await api.store.commit(ids.map((id) => ({ op: 'delete', kind: 'record', id })));
});
