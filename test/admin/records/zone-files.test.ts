import { toFile } from 'cloudflare';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { IMPORT_OCTETS_MAX, PARTS_MAX } from '../../../src/admin/records/zone-file/upload.ts';
import { WRITES_MAX } from '../../../src/store/contract/documents.ts';
import type { Store } from '../../../src/store/store.ts';
import { RECORDS_AT_NAME_MAX } from '../../../src/zone/dns-record.ts';
import fc, { draws } from '../../support/property.ts';
import { read } from '../../zone-file/reading.ts';
import { startTestAdmin, TOKEN } from '../server.ts';
import { openRecordsApi } from './harness.ts';

const api = await openRecordsApi();
afterAll(() => api.stop());
const { zoneId: zone_id, client } = api;

/** Deletes all records of the zone. */
async function clear(): Promise<void> {
  for (;;) {
    const { body } = await api.call('GET', `${api.ofApi}?per_page=1000`);
    const deletes = body.result.map(({ id }: { id: string }) => ({ id }));
    if (deletes.length === 0) return;
    expect((await api.call('POST', `${api.ofApi}/batch`, { deletes })).status).toBe(200);
  }
}
beforeEach(clear);

const PLAIN = { 'content-type': 'text/plain' };
const imported = (text: string, headers: Record<string, string> = PLAIN) =>
  api.call('POST', `${api.ofApi}/import`, text, headers);

/** The zone as a zone file, of the API or of the configuration file. */
async function exported(path = api.ofApi): Promise<string> {
  const response = await fetch(`${api.url}${path}/export`, { headers: { authorization: `Bearer ${TOKEN}` } });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
  return response.text();
}

test('the official client imports and exports a zone file', async () => {
  const file = 'www.example.org. 300 IN A 192.0.2.1 ; web cf_tags=team:a\n@ 60 TXT "x"\n';
  const uploads = [file, await toFile(Buffer.from(file), 'db.example.org')] as string[];
  for (const [i, each] of uploads.entries()) {
    const result = await client.dns.records.import({ zone_id, file: each, proxied: 'false' });
    expect(result).toEqual({ recs_added: i === 0 ? 2 : 0, total_records_parsed: 2 });
  }
  const text = await client.dns.records.export({ zone_id });
  expect(text).toContain('www.example.org.\t300\tIN\tA\t192.0.2.1 ; web cf_tags=team:a,cf-proxied:false\n');
  expect(await api.found()).toEqual(['example.org TXT "x"', 'www.example.org A 192.0.2.1']);
});

describe('an import', () => {
  test('adds all records, and leaves out SOA, NS of the apex, and what is there', async () => {
    await api.create({ type: 'A', name: 'www', content: '192.0.2.1', ttl: 77 });
    const answer = await imported(
      'example.org 1 SOA ns host 1 2 3 4 5\n@ 1 NS ns.example.net.\nwww 5 A 192.0.2.1\nwww 5 A 192.0.2.2\nwww 5 A 192.0.2.2\na MX 10 www',
    );
    expect(answer.body).toMatchObject({
      success: true,
      result: { recs_added: 2, total_records_parsed: 6 },
      messages: [
        { message: expect.stringMatching(/SOA and NS of the apex .*: 2\.$/) },
        { message: expect.stringMatching(/has them already: 2\.$/) },
      ],
      timing: {
        start_time: expect.stringMatching(/^\d{4}-.*Z$/),
        end_time: expect.stringMatching(/^\d{4}-.*Z$/),
        process_time: expect.any(Number),
      },
    });
    expect(Number(answer.headers.get('x-lifeguard-revision'))).toBeGreaterThan(0);
    expect((await api.found()).sort()).toEqual([
      'a.example.org MX www.example.org',
      'www.example.org A 192.0.2.1',
      'www.example.org A 192.0.2.2',
    ]);
  });

  test('keeps the order of the file among records of one name', async () => {
    const lines = Array.from({ length: 20 }, (_, i) => `www 60 TXT "${(i * 7) % 20}"`);
    expect((await imported(lines.join('\n'))).status).toBe(200);
    const { body } = await api.call('GET', api.ofApi);
    const shown = body.result.map(({ content }: { content: string }) => `www 60 TXT ${content}`);
    expect(shown).toEqual(lines);
  });

  test('gives records the properties in their comments, and an automatic TTL where there is none', async () => {
    const text = [
      'a A 192.0.2.1 ; what it is cf_tags=x,y:z,cf-proxied:false',
      'b A 192.0.2.1',
      'c TXT t',
      'd 300 CNAME a ; cf_tags=cf-flatten-cname,lg-ttl:auto',
    ];
    const form = new FormData();
    form.set('file', new Blob([`${text.join('\n')}\n`]), 'db');
    form.set('proxied', 'true');
    const response = await fetch(`${api.url}${api.ofApi}/import`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
      body: form,
    });
    expect(await response.json()).toMatchObject({ success: true, result: { recs_added: 4 } });
    const { body } = await api.call('GET', api.ofApi);
    const props = ({ name, ttl, proxied, comment, tags, settings }: Record<string, unknown>) => ({
      name,
      ttl,
      proxied,
      comment,
      tags,
      settings,
    });
    expect(body.result.map(props)).toEqual([
      {
        name: 'a.example.org',
        ttl: 1,
        proxied: false,
        comment: 'what it is',
        tags: ['x', 'y:z'],
        settings: {},
      },
      { name: 'b.example.org', ttl: 1, proxied: true, comment: null, tags: [], settings: {} },
      { name: 'c.example.org', ttl: 1, proxied: false, comment: null, tags: [], settings: {} },
      {
        name: 'd.example.org',
        ttl: 1,
        proxied: true,
        comment: null,
        tags: [],
        settings: { flatten_cname: true },
      },
    ]);
  });

  test.each([
    {
      what: 'lines that are wrong',
      text: 'a 5 A 1\nb 5 A 192.0.2.1\nc 5 AX 1\n',
      errors: [
        'DNS Validation Error: file:1:7: A "1" is not an IPv4 address',
        'DNS Validation Error: file:3:5: "AX" is not a record type',
      ],
    },
    {
      what: 'a record beside a CNAME',
      text: 'a 5 CNAME b\na 5 A 192.0.2.1\n',
      errors: [
        expect.stringMatching(/file:2: a\.example\.org\. has .*CNAME.* must be the only record at its name/),
      ],
    },
    {
      what: 'an included file',
      text: '$INCLUDE x\n',
      errors: ['DNS Validation Error: file:1:10: $INCLUDE is not allowed here'],
    },
    {
      what: 'a name outside of the zone',
      text: 'a.example.com. 5 A 192.0.2.1\n',
      errors: ['DNS Validation Error: file:1:1: a.example.com. is outside the zone example.org.'],
    },
    { what: 'no records', text: '; nothing\n', errors: ['DNS Validation Error: file: has no records.'] },
    {
      what: 'a comment that is too long',
      text: `a 5 A 192.0.2.1 ; ${'x'.repeat(501)}\n`,
      errors: ['DNS Validation Error: file:1: has a comment of 501 characters; 500 at most'],
    },
    {
      what: 'too many tags',
      text: `a 5 A 192.0.2.1 ; cf_tags=${Array.from({ length: 21 }, (_, i) => `t${i}`).join(',')}\n`,
      errors: ['DNS Validation Error: file:1: has 21 tags; 20 at most'],
    },
    {
      what: 'a tag that is too long',
      text: `a 5 A 192.0.2.1 ; cf_tags=${'t'.repeat(33)}\n`,
      errors: [expect.stringContaining('file:1: has the tag "ttt')],
    },
    {
      what: 'too many records of a name',
      text: `$GENERATE 0-${RECORDS_AT_NAME_MAX} a 5 TXT $\n`,
      errors: [
        expect.stringContaining(
          `file:1: "a.example.org" would have ${RECORDS_AT_NAME_MAX + 1} records; ${RECORDS_AT_NAME_MAX} at most.`,
        ),
      ],
    },
  ])('with $what adds nothing, and names the lines', async ({ text, errors }) => {
    const answer = await imported(text);
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map(({ message }: { message: string }) => message)).toEqual(errors);
    expect(await api.found()).toEqual([]);
  });

  test.each([
    { what: 'without a boundary', type: 'multipart/form-data', body: 'x', why: 'Boundary not found' },
    {
      what: 'that ends too soon',
      type: 'multipart/form-data; boundary=b',
      body: '--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx',
      why: 'unexpected end of multipart data',
    },
    {
      what: 'without a file',
      type: 'multipart/form-data; boundary=b',
      body: '--b\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n--b--',
      why: 'it has no part `file`',
    },
    {
      what: 'with two files',
      type: 'multipart/form-data; boundary=b',
      body: `${'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n'.repeat(2)}--b--`,
      why: 'it has several parts `file`',
    },
    {
      what: 'of too many parts',
      type: 'multipart/form-data; boundary=b',
      body: `${Array.from({ length: PARTS_MAX + 1 }, (_, i) => `--b\r\nContent-Disposition: form-data; name="p${i}"\r\n\r\nx\r\n`).join('')}--b--`,
      why: `it has more than ${PARTS_MAX} parts`,
    },
  ])('of a form $what is refused', async ({ type, body, why }) => {
    const answer = await imported(body, { 'content-type': type });
    expect(answer.body.errors).toEqual([
      expect.objectContaining({
        code: 1406,
        message: expect.stringMatching(new RegExp(RegExp.escape(why), 'i')),
      }),
    ]);
  });

  test('of any form is answered', async () => {
    const piece = fc.constantFrom(
      '--b',
      '--b--',
      '\r\n',
      '\n',
      'Content-Disposition: form-data; name="file"',
      ': ',
      ';',
      'a 5 A 192.0.2.1',
      '\0',
      '"',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 20 }), async (pieces) => {
        const answer = await imported(pieces.join(''), { 'content-type': 'multipart/form-data; boundary=b' });
        expect([200, 400]).toContain(answer.status);
      }),
      { numRuns: draws(50) },
    );
  });

  test('of octets that are not UTF-8 is refused', async () => {
    const response = await fetch(`${api.url}${api.ofApi}/import`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, ...PLAIN },
      body: Buffer.from('; ok\n; \xff\n', 'latin1'),
    });
    expect(JSON.stringify(await response.json())).toContain('file: is not UTF-8 on line 2');
  });

  test(`has ${IMPORT_OCTETS_MAX} octets at most`, async () => {
    const answer = await imported(';'.repeat(IMPORT_OCTETS_MAX + 1));
    expect([answer.status, answer.body.errors[0].code]).toEqual([413, 1413]);
  });

  test('with a wrong value for `proxied` is refused', async () => {
    const part = (name: string, value: string) =>
      `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    const body = `${part('file', 'a 5 A 192.0.2.1')}${part('proxied', 'yes')}--b--`;
    const answer = await imported(body, { 'content-type': 'multipart/form-data; boundary=b' });
    expect(answer.body.errors[0]).toMatchObject({
      error_chain: [{ code: 9003 }],
      source: { pointer: '/proxied' },
    });
  });

  test('of more records than a commit takes can be exported and imported again', async () => {
    const count = 2 * WRITES_MAX + 1;
    const answer = await imported(`$GENERATE 1-${count} h$ 60 A 192.0.2.1\n`);
    expect(answer.body.result).toEqual({ recs_added: count, total_records_parsed: count });
    const again = await imported(await exported());
    expect(again.body.result).toMatchObject({ recs_added: 0 });
  });

  test('has one audit event for each commit', async () => {
    await imported(`$GENERATE 1-${WRITES_MAX + 2} h$ 60 A 192.0.2.1\n`);
    const { events } = (await api.call('GET', '/lifeguard/v1/events?kind=audit&limit=3')).body.result;
    expect(events.slice(0, 2)).toMatchObject([
      { object: { kind: 'record', name: `h${WRITES_MAX + 1}.example.org A and 1 more` }, before: null },
      {
        method: 'POST',
        object: { kind: 'record', name: `h1.example.org A and ${WRITES_MAX - 1} more` },
        before: null,
        after: { left_out: true, length: expect.any(Number) },
      },
    ]);
    await imported('single 60 A 192.0.2.1\n');
    const [single] = (await api.call('GET', '/lifeguard/v1/events?kind=audit&limit=1')).body.result.events;
    expect(single).toMatchObject({ after: { name: 'single.example.org', content: '192.0.2.1' } });
  });

  test('that somebody contradicts half-way leaves nothing', async () => {
    let commits = 0;
    const commit: Store['commit'] = async (writes, ...rest) => {
      const put = writes.find(({ kind }) => kind === 'record');
      if (put !== undefined) commits += 1;
      if (commits === 2 && put?.op === 'put' && put.kind === 'record') {
        commits += 1;
        // A CNAME at a name of the second commit.
        const value = { ...put.value, id: 'a'.repeat(32), type: 'CNAME', content: 'x.' };
        await api.store.commit([{ ...put, id: value.id, value }]);
      }
      return api.store.commit(writes, ...rest);
    };
    const store = Object.assign(Object.create(api.store) as Store, { commit, close: async () => {} });
    const other = await startTestAdmin({ store });
    const answer = await other.call(
      'POST',
      `${api.ofApi}/import`,
      `$GENERATE 1-${WRITES_MAX + 5} h$ 60 A 192.0.2.1\n`,
      PLAIN,
    );
    expect(answer.body.errors).toEqual([expect.objectContaining({ code: 81053 })]);
    expect((await api.found()).map((each) => each.split(' ')[1])).toEqual(['CNAME']);
  });
});

describe('an export', () => {
  test('has SOA, NS and all records, on lines that mean the same alone', async () => {
    for (const body of [
      { type: 'MX', name: '@', content: 'mail.example.net', priority: 10, ttl: 60 },
      { type: 'TXT', name: '*', content: '"a;b" "c\\"d"', comment: 'two\nlines', tags: ['a:b,c'] },
      {
        type: 'CNAME',
        name: 'Alias',
        content: 'www.example.org',
        proxied: true,
        settings: { flatten_cname: true },
      },
    ])
      await api.create(body);
    for (const [ttl, address] of [
      [60, 1],
      [90, 2],
      [1, 3],
    ])
      await api.create({ type: 'A', name: 'mixed', content: `192.0.2.${address}`, ttl });
    const text = await exported();
    const [first, second, soa, ...rest] = text.split('\n');
    expect([first, second]).toEqual([
      ';; Zone example.org.',
      ';; Pools and load balancers, whose answers change with health, are not in this file.',
    ]);
    expect(soa).toMatch(/^example\.org\.\t\d+\tIN\tSOA\t\S+ \S+ [1-9]\d* \d+ \d+ \d+ \d+$/);
    expect(rest.filter((line) => !/\tNS\t/.test(line))).toEqual([
      'example.org.\t60\tIN\tMX\t10 mail.example.net.',
      '*.example.org.\t300\tIN\tTXT\t"a;b" "c\\"d" ; two\\010lines cf_tags=a:"b,c",lg-ttl:auto',
      'alias.example.org.\t300\tIN\tCNAME\twww.example.org. ; cf_tags=cf-flatten-cname,lg-ttl:auto,cf-proxied:true',
      'mixed.example.org.\t60\tIN\tA\t192.0.2.1 ; cf_tags=cf-proxied:false',
      'mixed.example.org.\t60\tIN\tA\t192.0.2.2 ; cf_tags=lg-ttl:90,cf-proxied:false',
      'mixed.example.org.\t60\tIN\tA\t192.0.2.3 ; cf_tags=lg-ttl:auto,cf-proxied:false',
      '',
    ]);
    const before = (await api.call('GET', api.ofApi)).body.result;
    await clear();
    expect((await imported(text)).status).toBe(200);
    const after = (await api.call('GET', api.ofApi)).body.result;
    const LASTING = ['name', 'type', 'content', 'priority', 'ttl', 'proxied', 'comment', 'tags', 'settings'];
    // Records of one name that were made together are listed by their identifiers, which are drawn.
    const sorted = (all: Record<string, unknown>[]) =>
      all.map((each) => JSON.stringify(LASTING.map((key) => each[key]))).toSorted();
    expect(sorted(after)).toEqual(sorted(before));
  });

  test('of a zone of the configuration file has its records, too', async () => {
    const { problems, soa, lines } = read(await exported(api.ofFile), { apex: 'example.com' });
    expect([problems, soa?.settings.minimumSeconds]).toEqual([[], 10]);
    expect(lines).toEqual([
      'example.com. 300 NS ns1.example.com.',
      'mail.example.com. 60 TXT "from the file"',
      'ns1.example.com. 300 A 192.0.2.53',
      'www.example.com. 60 A 192.0.2.1',
      'www.example.com. 60 A 192.0.2.2',
    ]);
  });

  test('of no zone is 404, and other methods are refused', async () => {
    const nothing = `/client/v4/zones/${'f'.repeat(32)}/dns_records`;
    expect((await api.call('GET', `${nothing}/export`)).status).toBe(404);
    expect((await api.call('POST', `${nothing}/import`, 'x', PLAIN)).status).toBe(404);
    expect((await api.call('POST', `${api.ofApi}/export`, '')).headers.get('allow')).toBe('HEAD, GET');
    expect((await api.call('GET', `${api.ofApi}/import`)).headers.get('allow')).toBe('POST');
  });
});
