import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startTestAdmin, TOKEN } from '../../admin/server.ts';
import { runHere } from '../../support/in-process.ts';
import { zoneFile } from '../../zone/zone-file.ts';

const zone = 'made.example.net';

/** Starts a server with a zone, and writes this zone file; returns what runs a command against the server, and the path of the file. */
async function start(text: string) {
  const { url } = await startTestAdmin({ zones: [zoneFile('example.com', '@ 300 NS ns1.example.org.')] });
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-cli-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'db');
  await writeFile(file, text);
  const lifeguard = (...words: string[]) => runHere([...words, '--api', url, '--token', TOKEN]);
  expect((await lifeguard('zones', 'create', zone)).code).toBe(0);
  return { lifeguard, file };
}

test('a zone file is imported, and exported as one that can be imported', async () => {
  const { lifeguard, file } = await start('@ 5 NS ns.example.org.\nwww 5 A 192.0.2.1 ; the shop\n@ TXT x\n');
  const imported = await lifeguard('records', 'import', zone, file, '--proxied');
  expect(imported).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Added 2 of 3 records\.\nrevision \d+\n$/),
    stderr: expect.stringMatching(/^Records that were not added, .*: 1\.\n$/),
  });
  const { code, stdout } = await lifeguard('records', 'export', zone);
  expect([code, stdout]).toEqual([
    0,
    expect.stringContaining(
      '\nwww.made.example.net.\t5\tIN\tA\t192.0.2.1 ; the shop cf_tags=cf-proxied:true\n',
    ),
  ]);
  await writeFile(file, stdout);
  const again = await lifeguard('records', 'import', zone, file, '--json');
  expect(JSON.parse(again.stdout).result).toMatchObject({ recs_added: 0 });
  const whole = await lifeguard('records', 'export', zone, '--json');
  expect(JSON.parse(whole.stdout).result).toContain('\tSOA\t');
});

test('an error names the line and the file', async () => {
  const { lifeguard, file } = await start('www 5 A 192.0.2\n');
  expect(await lifeguard('records', 'import', zone, file)).toMatchObject({
    code: 4,
    stdout: '',
    stderr: 'DNS Validation Error: db:1:9: A "192.0.2" is not an IPv4 address\n',
  });
  expect(await lifeguard('records', 'import', zone, `${file}.none`)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^Cannot read .*db\.none: it does not exist/),
  });
  expect(await lifeguard('records', 'export', 'none.example.net')).toMatchObject({ code: 3 });
});
