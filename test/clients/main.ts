/**
 * Clients that `npm test` does not run, because they are large or come from other registries: `npm run clients [name…]`.
 * Each is got first, and then used as docs/CLIENTS.md says, against a server in a network of this process's own. What cannot
 * be got is said, and is no failure. Takes Linux, root, `ip` and `unshare`.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { canStage, startStage } from '../e2e/clients/stage.ts';
import { PROJECT } from '../support/source-tree.ts';
import { ANSIBLE } from './ansible.ts';
import { type Client, NotToBeHad } from './client.ts';
import { EXTERNAL_DNS, LEGO } from './go-clients.ts';
import { OCTODNS } from './octodns.ts';
import { TERRAFORM } from './terraform.ts';

const ZONES = `zones:
  - name: example.com
    ns: [{ name: ns1.example.com, addresses: [192.0.2.53] }]
    pools: pools
`;
const CLIENTS: readonly Client[] = [OCTODNS, ANSIBLE, LEGO, EXTERNAL_DNS, TERRAFORM];
const directory = join(PROJECT, 'node_modules', '.cache', 'clients');

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !CLIENTS.some((client) => client.name === name));
if (unknown.length > 0) {
  process.stderr.write(
    `no such client: ${unknown.join(', ')}; ${CLIENTS.map(({ name }) => name).join(', ')}\n`,
  );
  process.exit(2);
}
mkdirSync(directory, { recursive: true });
const got: Client[] = [];
let absent = 0;
// Before this process is in its own network, where no registry is.
for (const client of CLIENTS.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  try {
    await client.get(directory);
    got.push(client);
  } catch (error) {
    if (!(error instanceof NotToBeHad)) throw error;
    absent += 1;
    process.stdout.write(`${client.name}: not tried: ${error.message}\n`);
  }
}
if (!canStage('these clients')) process.exit(1);
let failed = 0;
for (const client of got) {
  const stage = await startStage(ZONES);
  try {
    await client.use(stage, directory);
    process.stdout.write(`${client.name}: passed\n`);
  } catch (error) {
    failed += 1;
    process.stdout.write(`${client.name}: failed: ${(error as Error).message}\n`);
  } finally {
    await stage.stop();
  }
}
process.stdout.write(`clients: ${got.length - failed} passed, ${failed} failed, ${absent} skipped\n`);
process.exit(failed === 0 ? 0 : 1);
