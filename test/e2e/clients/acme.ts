import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A certificate authority that issues for a name once the DNS server shows the TXT record of its challenge (RFC 8555, dns-01). */
export interface AcmeServer {
  /** URL of its directory. */
  readonly directory: string;
  /** Names that it looked up, and the texts that it found there. */
  readonly lookups: readonly { readonly name: string; readonly found: readonly string[] }[];
  stop(): Promise<void>;
}

/** What a request asks: its path, and the payload of its JWS with the key of the account. */
interface Asked {
  readonly path: string;
  readonly payload: Record<string, unknown>;
  readonly key: Record<string, string> | undefined;
}

/** An answer; `location` names what was made. */
interface Said {
  readonly status?: number;
  readonly body: object | string;
  readonly location?: string;
  /** The authorization of a challenge (RFC 8555 §7.5.1). */
  readonly up?: string;
}

/** Names of a certificate. */
const NAMES_MAX = 10;
/** Lookups of one challenge, and the pause between two. */
const LOOKUPS_MAX = 30;
const LOOKUP_PAUSE_MS = 300;

const base64url = (data: Buffer | string) => Buffer.from(data).toString('base64url');
/** The digest of a key (RFC 7638): of its required members, in order. */
const thumbprint = (key: Record<string, string>) => {
  const members = key.kty === 'RSA' ? ['e', 'kty', 'n'] : ['crv', 'kty', 'x', 'y'];
  const text = JSON.stringify(Object.fromEntries(members.map((member) => [member, key[member]])));
  return createHash('sha256').update(text).digest('base64url');
};

/** Starts the authority on loopback. It verifies the challenges, and no signatures: its clients are the ones that are tested. */
export async function startAcme(dns: {
  readonly address: string;
  readonly port: number;
}): Promise<AcmeServer> {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-acme-'));
  const lookups: { name: string; found: string[] }[] = [];
  const tokens = Array.from({ length: NAMES_MAX }, () => base64url(randomBytes(16)));
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  let accountKey: Record<string, string> | undefined;
  let names: { type: string; value: string }[] = [];
  let chain = '';
  const proven = new Set<number>();
  const failed = new Set<number>();
  const order = () => ({
    status: chain !== '' ? 'valid' : proven.size === names.length ? 'ready' : 'pending',
    identifiers: names,
    authorizations: names.map((_, i) => url(`/authorization/${i}`)),
    finalize: url('/finalize'),
    ...(chain === '' ? {} : { certificate: url('/certificate') }),
  });
  const challenge = (i: number) => ({
    type: 'dns-01',
    url: url(`/challenge/${i}`),
    token: tokens[i],
    status: proven.has(i) ? 'valid' : failed.has(i) ? 'invalid' : 'pending',
  });

  /** Looks up the record of a challenge (RFC 8555 §8.4), again while it is not there yet. */
  const verify = async (i: number) => {
    const resolver = new Resolver({ timeout: 2_000, tries: 2 });
    resolver.setServers([`${dns.address}:${dns.port}`]);
    const name = `_acme-challenge.${names[i]!.value.replace(/^\*\./, '')}`;
    const wanted = createHash('sha256')
      .update(`${tokens[i]}.${thumbprint(accountKey!)}`)
      .digest('base64url');
    for (let tries = 1; tries <= LOOKUPS_MAX; tries += 1) {
      const found = (await resolver.resolveTxt(name).catch(() => [])).map((strings) => strings.join(''));
      lookups.push({ name, found });
      if (found.includes(wanted)) return void proven.add(i);
      await sleep(LOOKUP_PAUSE_MS);
    }
    failed.add(i);
  };

  const said = async ({ path, payload, key }: Asked): Promise<Said> => {
    const [, kind, index] = /^\/([a-z-]+)(?:\/(\d+))?$/.exec(path) ?? [];
    const i = Number(index);
    switch (kind) {
      case 'account':
        accountKey = key ?? accountKey;
        return { status: 201, body: { status: 'valid' }, location: url('/account/0') };
      case 'new-order':
        names = payload.identifiers as typeof names;
        proven.clear();
        failed.clear();
        chain = '';
        return { status: 201, body: order(), location: url('/order') };
      case 'order':
        return { body: order() };
      case 'authorization': {
        const { value } = names[i]!;
        const status = challenge(i).status;
        const identifier = { type: 'dns', value: value.replace(/^\*\./, '') };
        const wildcard = value.startsWith('*.') ? { wildcard: true } : {};
        return { body: { status, identifier, challenges: [challenge(i)], ...wildcard } };
      }
      case 'challenge':
        await verify(i);
        return { body: challenge(i), up: url(`/authorization/${i}`) };
      case 'finalize':
        chain = issue(directory, String(payload.csr));
        return { body: order(), location: url('/order') };
      case 'certificate':
        return { body: chain };
      default:
        return { status: 404, body: { type: 'urn:ietf:params:acme:error:malformed', detail: path } };
    }
  };

  server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname: path } = new URL(request.url!, 'http://localhost');
    response.setHeader('replay-nonce', base64url(randomBytes(12)));
    if (path === '/directory')
      return void response.end(
        JSON.stringify({
          newNonce: url('/new-nonce'),
          newAccount: url('/account'),
          newOrder: url('/new-order'),
          revokeCert: url('/revoke'),
          keyChange: url('/key-change'),
        }),
      );
    if (path === '/new-nonce') return void response.end();
    let text = '';
    for await (const part of request.setEncoding('utf8')) text += part;
    const jws = JSON.parse(text || '{}') as { protected?: string; payload?: string };
    const part = (encoded = '') => JSON.parse(Buffer.from(encoded, 'base64url').toString() || '{}');
    const {
      status = 200,
      body,
      location,
      up,
    } = await said({
      path,
      payload: part(jws.payload),
      key: part(jws.protected).jwk,
    });
    const type = typeof body === 'string' ? 'application/pem-certificate-chain' : 'application/json';
    response.writeHead(status, {
      'content-type': type,
      ...(location === undefined ? {} : { location }),
      ...(up === undefined ? {} : { link: `<${up}>;rel="up"` }),
    });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  return {
    directory: url('/directory'),
    lookups,
    async stop() {
      server.close();
      server.closeAllConnections();
      rmSync(directory, { recursive: true });
    },
  };
}

/** Signs a request of base64url DER with a new authority; the chain in PEM. */
function issue(directory: string, csr: string): string {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' });
  writeFileSync(join(directory, 'leaf.csr'), Buffer.from(csr, 'base64url'));
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=test issuer');
  const request = ['-inform', 'DER', '-in', 'leaf.csr', '-copy_extensions', 'copy'];
  const leaf = openssl('x509', '-req', ...request, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-days', '1');
  return `${leaf}${execFileSync('cat', [join(directory, 'ca.pem')])}`;
}
