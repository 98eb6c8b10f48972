import { describe, expect, test } from 'vitest';
import { startTestAdmin, TOKEN } from '../../admin/server.ts';
import { runHere } from '../../support/in-process.ts';
import { zoneFile } from '../../zone/zone-file.ts';

const zone = 'made.example.net';

/** Starts a server with a zone; what runs a command against it, and lists records of the zone without heads and identifiers. */
async function start() {
  const { url } = await startTestAdmin({ zones: [zoneFile('example.com', '@ 300 NS ns1.example.org.')] });
  const lifeguard = async (...words: string[]) => {
    const { code, stdout, stderr } = await runHere([...words, '--api', url, '--token', TOKEN]);
    return { code, stderr, rows: stdout.split('\n').map((line) => line.split(/ {2,}/)) };
  };
  const records = async (...filters: string[]) => {
    const { rows } = await lifeguard('records', 'list', zone, ...filters);
    return rows.slice(1, -1).map((row) => row.slice(0, -1));
  };
  expect((await lifeguard('zones', 'create', zone)).code).toBe(0);
  return { lifeguard, records };
}

const HEADS = ['NAME', 'TYPE', 'TTL', 'CONTENT', 'COMMENT', 'SOURCE', 'ID'];
describe('records', () => {
  test('are added, listed, replaced and deleted', async () => {
    const { lifeguard, records } = await start();
    const added = await lifeguard('records', 'add', zone, 'www', 'A', '192.0.2.1', '--ttl', '300');
    expect(added).toMatchObject({ code: 0, stderr: '' });
    expect(added.rows.slice(0, 2)).toEqual([
      HEADS,
      ['www.made.example.net', 'A', '300', '192.0.2.1', '-', 'api', expect.stringMatching(/^[0-9a-f]{32}$/)],
    ]);
    expect(added.rows[2]![0]).toMatch(/^revision [0-9]+$/);

    const mx = await lifeguard(
      'records',
      'add',
      zone,
      '@',
      'mx',
      '10',
      'mail.example.org',
      '--comment',
      'in',
    );
    expect(mx.rows[1]!.slice(0, 5)).toEqual([zone, 'MX', 'auto', '10 mail.example.org', 'in']);
    const both = ['192.0.2.1', '192.0.2.2'];
    expect((await lifeguard('records', 'set', zone, 'www', 'A', ...both)).code).toBe(0);
    expect(await records('www')).toEqual(both.map((a) => [`www.${zone}`, 'A', '300', a, '-', 'api']));
    const same = await lifeguard('records', 'set', zone, 'www', 'A', ...both);
    expect(same.rows).toEqual([['The records are so already.'], ['']]);

    const ambiguous = await lifeguard('records', 'delete', zone, 'www', 'A');
    expect(ambiguous).toMatchObject({ code: 1, stderr: expect.stringMatching(/^There are 2 A records at/) });
    expect((await lifeguard('records', 'delete', zone, 'www', 'A', '192.0.2.1')).code).toBe(0);
    expect(await records('www')).toHaveLength(1);
    const gone = await lifeguard('records', 'delete', zone, 'www', 'A', '192.0.2.1');
    expect(gone).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(
        /^There is no A record at "www\.made\.example\.net" with the content "192\.0\.2\.1"\. Present: 192\.0\.2\.2 /,
      ),
    });
    expect((await lifeguard('records', 'delete', zone, 'www')).stderr).toMatch(/is not the identifier/);
    const [, row] = (await lifeguard('records', 'list', zone, 'www')).rows;
    expect((await lifeguard('records', 'delete', zone, row!.at(-1)!)).code).toBe(0);
    expect(await records('www')).toEqual([]);
  });

  test('are filtered', async () => {
    const { lifeguard, records } = await start();
    await lifeguard('records', 'add', zone, 'a.deep', 'TXT', 'one two', '--tags', 'team:x');
    await lifeguard('records', 'add', zone, 'deep', 'A', '192.0.2.7', '192.0.2.8', '--comment', 'for tests');
    const names = async (...filters: string[]) => (await records(...filters)).map(([name]) => name);
    expect(await names('deep')).toEqual(['deep.made.example.net', 'deep.made.example.net']);
    expect(await names('deep', '--below')).toHaveLength(3);
    expect(await names('--type', 'txt')).toEqual(['a.deep.made.example.net']);
    expect(await names('--content', 'one')).toEqual(['a.deep.made.example.net']);
    expect(await names('--comment', 'tests')).toHaveLength(2);
    expect(await names('--tag', 'team:x')).toEqual(['a.deep.made.example.net']);
    expect(await names('--search', '192.0.2.8')).toHaveLength(1);
    const deleted = await lifeguard('records', 'delete', zone, 'deep', 'A', '--all');
    expect([deleted.code, deleted.rows[0]]).toEqual([0, ['Deleted 2 records.']]);
    expect(await names('deep')).toEqual([]);
  });

  test('to which a token is bound are listed with it', async () => {
    const { lifeguard } = await start();
    const bound = ['--record-zone', zone, '--record-name', 'a.*', 'b.*', '--record-type', 'TXT'];
    await lifeguard('token', 'create', 'acme', '--scope', 'edit', ...bound);
    const { rows } = await lifeguard('token', 'list');
    expect(rows[1]!.slice(2, 6)).toEqual(['edit', '-', `${zone} a.*,b.* TXT`, '-']);
  });

  test('that are wrong are refused with the reason', async () => {
    const { lifeguard } = await start();
    const { code, stderr } = await lifeguard('records', 'add', zone, 'x', 'A', 'nowhere');
    expect([code, stderr]).toEqual([4, expect.stringContaining('Content for A record is invalid')]);
    expect(await lifeguard('records', 'list', 'made.example.met')).toMatchObject({
      code: 3,
      stderr: 'No zone has the name or identifier "made.example.met" (did you mean "made.example.net"?).\n',
    });
  });
});
