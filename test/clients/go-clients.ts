import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage } from '../e2e/clients/stage.ts';
import { TOKEN } from '../support/lifeguard.ts';
import { isInstalled } from '../support/server/resolver.ts';
import { PROJECT } from '../support/source-tree.ts';
import { type Client, get, mustAnswer, mustContain, NotToBeHad, output } from './client.ts';

const WANTED = [
  { name: 'k8s.example.com', type: 'A', targets: ['192.0.2.1', '192.0.2.2'], ttl: 300 },
  { name: 'alias.example.com', type: 'CNAME', targets: ['k8s.example.com'], ttl: 300 },
];

/** Builds a program of the folder go; `go` writes its go.sum beside a copy. */
async function build(directory: string, name: string): Promise<void> {
  if (!isInstalled('go')) throw new NotToBeHad('go is not installed');
  const own = join(directory, 'go');
  cpSync(join(PROJECT, 'test/clients/go'), own, { recursive: true });
  await get(['go', 'build', '-mod=mod', '-o', join(directory, name), `./${name}`], { cwd: own });
}

/** The provider of lego: answers a challenge, and removes its record. */
export const LEGO: Client = {
  name: 'lego',
  get: (directory) => build(directory, 'lego'),
  async use(stage, directory) {
    const env = { CLOUDFLARE_DNS_API_TOKEN: TOKEN, CLOUDFLARE_BASE_URL: stage.url };
    mustContain(await output(stage, [join(directory, 'lego'), 'go.example.com'], env), 'answered\nremoved\n');
    await mustAnswer(stage, '_acme-challenge.go.example.com', 'TXT', '');
  },
};

/** external-dns, its provider, plan and registry of TXT records: makes, changes and deletes records, and touches no others. */
export const EXTERNAL_DNS: Client = {
  name: 'external-dns',
  get: (directory) => build(directory, 'external-dns'),
  async use(stage, directory) {
    const [first, ...others] = WANTED;
    const round = (wanted: readonly object[]) => runRound(stage, join(directory, 'external-dns'), wanted);
    mustContain(await round(WANTED), 'create 2, update 0, delete 0');
    await mustAnswer(stage, 'k8s.example.com', 'A', '192.0.2.1, 192.0.2.2');
    await mustAnswer(stage, 'alias.example.com', 'CNAME', 'k8s.example.com.');
    mustContain(await round(WANTED), 'create 0, update 0, delete 0');
    const changed = { ...first, targets: ['192.0.2.1', '192.0.2.3'] };
    mustContain(await round([changed, ...others]), 'create 0, update 1, delete 0');
    await mustAnswer(stage, 'k8s.example.com', 'A', '192.0.2.1, 192.0.2.3');
    mustContain(await round([]), 'create 0, update 0, delete 2');
    await mustAnswer(stage, 'k8s.example.com', 'A', '');
    await mustAnswer(stage, 'k8s.example.com', 'TXT', '');
  },
};

function runRound(stage: Stage, program: string, wanted: readonly object[]): Promise<string> {
  const env = { CF_API_TOKEN: TOKEN, CLOUDFLARE_BASE_URL: stage.url };
  return output(stage, [program, 'example.com'], env, JSON.stringify(wanted));
}
