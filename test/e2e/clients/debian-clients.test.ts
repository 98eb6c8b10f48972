/** Clients of Debian that manage records, against a real server: the files and commands of docs/CLIENTS.md. Takes root and `ip`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileInPages, replaced } from '../../docs/fences.ts';
import { dig } from '../../support/dig.ts';
import { PROGRAM, TOKEN } from '../../support/lifeguard.ts';
import { needing } from '../../support/run-program.ts';
import { type AcmeServer, startAcme } from './acme.ts';
import { canStage, type Stage, startStage } from './stage.ts';

const SOON = { timeout: 20_000, interval: 200 };
const ZONES = `zones:
  - name: example.com
    ns: [{ name: ns1.example.com, addresses: [192.0.2.53] }]
    pools: pools
`;
/** The Python that Debian's modules are for. */
const PYTHON = '/usr/bin/python3';

/** As needing(), for a module of that Python. */
function needingModule(module: string): { title: string; missing: boolean } {
  const missing = !existsSync(`/usr/lib/python3/dist-packages/${module}`);
  if (!missing) return { title: module, missing };
  const title = `not tried: ${module} (Debian: python3-${module.toLowerCase()})`;
  process.stderr.write(`${title}\n`);
  return { title, missing };
}

const isStaged = canStage('clients of Debian');

describe.runIf(isStaged)('clients of Debian', () => {
  let stage: Stage;
  let acme: AcmeServer;

  beforeAll(async () => {
    stage = await startStage(ZONES);
    acme = await startAcme(stage.server.dns);
  });
  afterAll(async () => {
    await acme?.stop();
    await stage?.stop();
  });

  /** A file of the page, with the token of this test. */
  const ofPage = (name: string) => replaced(fileInPages(name), 'my-token', TOKEN);
  /** Runs a script of the page; what it printed. */
  const script = async (text: string, env: Readonly<Record<string, string>> = {}) => {
    const { code, stdout, stderr } = await stage.run(['sh', '-e', '-c', text], env);
    expect([code, stderr, stdout]).toEqual([0, expect.anything(), expect.anything()]);
    return stdout;
  };
  /** The options by which commands of ours find the server. */
  const server = () => ['--api', 'https://127.0.0.1', '--ca', stage.authority, '--token', TOKEN];
  const expectAnswer = (name: string, type: string, rdata: readonly string[]) =>
    expect.poll(async () => (await dig(stage.server.dns, name, type)).rdata, SOON).toEqual(rdata);

  const certbot = needing('certbot', 'python3-certbot-dns-cloudflare', 'certbot');
  test.skipIf(certbot.missing)(`${certbot.title} gets a certificate, and leaves no record`, async () => {
    const create = replaced(fileInPages('acme-token.sh'), 'lifeguard ', `${process.execPath} ${PROGRAM} `);
    const made = await script(`${create.trimEnd()} ${server().join(' ')}`);
    const secret = /^token (\S+)$/m.exec(made)?.[1];
    stage.file('cloudflare.ini', replaced(fileInPages('cloudflare.ini'), 'my-token', secret!));
    const command = replaced(fileInPages('certbot.sh'), 'https://acme.example.com/directory', acme.directory);
    await script(`${command.trimEnd()} --config-dir certbot --work-dir certbot/work --logs-dir certbot/logs`);
    const { stdout } = await stage.run([
      ...['openssl', 'x509', '-noout', '-ext', 'subjectAltName'],
      ...['-in', 'certbot/live/www.example.com/cert.pem'],
    ]);
    expect(stdout.match(/DNS:\S+(?=,|\n)/g)?.toSorted()).toEqual([
      'DNS:*.www.example.com',
      'DNS:www.example.com',
    ]);
    expect(acme.lookups.at(-1)?.found).toHaveLength(2);
    await expectAnswer('_acme-challenge.www.example.com', 'TXT', []);
  });

  const lexicon = needing('lexicon', 'lexicon', 'lexicon');
  test.skipIf(lexicon.missing)(`${lexicon.title} creates, lists, changes and deletes records`, async () => {
    expect(await script(ofPage('lexicon.sh'))).toMatch(/lexicon\.example\.com +192\.0\.2\.2 +600/);
    await expectAnswer('lexicon.example.com', 'A', ['192.0.2.2']);
    await expectAnswer('lexicon.example.com', 'TXT', []);
  });

  const ddclient = needing('ddclient', 'ddclient', 'ddclient');
  test.skipIf(ddclient.missing)(`${ddclient.title} changes an address`, async () => {
    const add = [PROGRAM, 'records', 'add', 'example.com', 'home', 'A', '192.0.2.1', ...server()];
    expect(await stage.run([process.execPath, ...add])).toMatchObject({ code: 0, stderr: '' });
    const file = stage.file('ddclient.conf', ofPage('ddclient.conf'));
    const cache = join(stage.directory, 'ddclient.cache');
    const { stdout, stderr } = await stage.run([
      ...['ddclient', '-daemon=0', '-foreground', '-force', '-verbose', '-noquiet'],
      ...['-file', file, '-cache', cache],
    ]);
    expect(`${stdout}${stderr}`).toMatch(
      /SUCCESS: +updating home\.example\.com: IPv4 address set to 192\.0\.2\.9/,
    );
    await expectAnswer('home.example.com', 'A', ['192.0.2.9']);
  });

  for (const { page, module, printed, answers } of [
    {
      page: 'cloudflare.py',
      module: 'CloudFlare',
      printed: "['192.0.2.4']",
      answers: { 'py.example.com': ['192.0.2.4'] },
    },
    {
      page: 'libcloud.py',
      module: 'libcloud',
      printed: "('www', 'A', '192.0.2.6')",
      answers: { 'www.libcloud.example.net': ['192.0.2.6'] },
    },
  ]) {
    const { title, missing } = needingModule(module);
    test.skipIf(missing)(`${title} creates, changes and lists records`, async () => {
      const { code, stdout, stderr } = await stage.run([PYTHON, '-'], {}, ofPage(page));
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toContain(printed);
      for (const [owner, rdata] of Object.entries(answers)) await expectAnswer(owner, 'A', rdata);
    });
  }
});
