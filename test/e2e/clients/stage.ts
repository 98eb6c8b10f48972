import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enterOwnNetwork } from '../../probe/icmp/own-network.ts';
import { endAll, type LifeguardProcess, startLifeguard, TOKEN } from '../../support/lifeguard.ts';
import { type ProgramRun, runProgram } from '../../support/run-program.ts';

/** The account of the server, which docs/CLIENTS.md names too. */
const ACCOUNT = '0123456789abcdef0123456789abcdef';
/** The host name that most clients have compiled in. */
export const COMPILED_IN = 'api.cloudflare.com';

/**
 * A server of ours in the place of the service, for clients that cannot be given another URL: they find its name in a hosts
 * file that only they see, and trust an authority of this test's own, by the usual variables. Nothing leaves this test's network.
 */
export interface Stage {
  readonly server: LifeguardProcess;
  /** A directory for files of the clients. */
  readonly directory: string;
  /** URL of the API with the prefix that clients expect. */
  readonly url: string;
  /** PEM file of the authority. */
  readonly authority: string;
  /** Writes a file in the directory that only its owner may read; its path. */
  file(name: string, text: string): string;
  /** Runs a client to its end. */
  run(words: readonly string[], env?: Readonly<Record<string, string>>, input?: string): Promise<ProgramRun>;
  stop(): Promise<void>;
}

/** Whether this test may have a network and files of its own; told once where not. It takes Linux, root, `ip` and `unshare`. */
export function canStage(title: string): boolean {
  const can = enterOwnNetwork() && canMount();
  if (!can) process.stderr.write(`not tried: ${title}; it takes root, ip and unshare\n`);
  return can;
}

function canMount(): boolean {
  try {
    execFileSync('unshare', ['-m', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Starts the server with these zones, in the form of the configuration file. The test's process is in its own network. */
export async function startStage(zones: string): Promise<Stage> {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-stage-'));
  const path = (name: string) => join(directory, name);
  const file = (name: string, text: string) => {
    writeFileSync(path(name), text, { mode: 0o600 });
    return path(name);
  };
  const hosts = file('hosts', `127.0.0.1 localhost ${COMPILED_IN}\n`);
  const resolvers = file('resolv.conf', 'nameserver 127.0.0.1\n');
  const authority = certify(directory);
  const config = file(
    'lifeguard.yaml',
    `api: { account_id: ${ACCOUNT}, tls: { cert: ${path('leaf.pem')}, key: ${path('leaf.key')} } }\n${zones}`,
  );
  const server = await startLifeguard('all', {
    LIFEGUARD_CONFIG: config,
    LIFEGUARD_DATA_DIR: path('data'),
    LIFEGUARD_API_LISTEN: '127.0.0.1:443',
    // Where resolvers of programs look.
    LIFEGUARD_DNS_LISTEN: '127.0.0.1:53',
  });
  const variables = {
    HOME: directory,
    CURL_CA_BUNDLE: authority,
    SSL_CERT_FILE: authority,
    REQUESTS_CA_BUNDLE: authority,
    CLOUDFLARE_API_TOKEN: TOKEN,
    PATH: process.env.PATH!,
    LC_ALL: 'C.UTF-8',
  };
  const mounts = `mount --bind ${hosts} /etc/hosts && mount --bind ${resolvers} /etc/resolv.conf && exec "$@"`;
  return {
    server,
    directory,
    url: `https://${COMPILED_IN}/client/v4`,
    authority,
    file,
    run: (words, env = {}, input = '') =>
      runProgram(
        'unshare',
        [
          ...['-m', 'sh', '-c', mounts, 'sh', 'env', '-C', directory, '-i'],
          ...Object.entries({ ...variables, ...env }).map(([name, value]) => `${name}=${value}`),
          ...words,
        ],
        { input },
      ),
    async stop() {
      await endAll();
      rmSync(directory, { recursive: true });
    },
  };
}

/** Makes an authority and a certificate for the compiled-in name and 127.0.0.1; the authority's file. */
function certify(directory: string): string {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=test authority');
  const names = ['-subj', `/CN=${COMPILED_IN}`, '-addext', `subjectAltName=DNS:${COMPILED_IN},IP:127.0.0.1`];
  openssl('req', '-new', ...newKey, '-keyout', 'leaf.key', '-out', 'leaf.csr', ...names);
  const signer = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-copy_extensions', 'copy', '-days', '2'];
  openssl('x509', '-req', '-in', 'leaf.csr', '-out', 'leaf.pem', ...signer);
  return join(directory, 'ca.pem');
}
