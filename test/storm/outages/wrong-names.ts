import { Rcode } from '../../../src/dns/rcode.ts';
import { askNames } from '../ask-names.ts';
import { openWriteClient } from '../writes/write-client.ts';
import type { Mortal } from './mortal.ts';
import type { PoolState } from './owner.ts';

/** What a node answers otherwise than it was written, once it serves the newest revision. */
export async function wrongNames(
  { title, process: node }: Pick<Mortal, 'title' | 'process'>,
  settled: ReadonlyMap<string, PoolState>,
): Promise<string[]> {
  const client = openWriteClient(new URL(node.api).origin);
  const nodes = await client.send('GET', '/lifeguard/v1/nodes');
  const newest = Math.max(...(nodes.result as { revision: number }[]).map(({ revision }) => revision));
  const served = await client.send('GET', `/lifeguard/v1/revisions/${newest}?wait=30s`);
  client.close();
  const wrong = served.result.served ? [] : [`${title}: revision ${newest} is not served`];
  const owner = (name: string) => `${name}.pools.example.com`;
  const said = await askNames(node.dns, [...settled.keys()].map(owner));
  for (const [name, state] of settled) {
    const [rcode, ...addresses] = said.get(owner(name))!.split(' ');
    const answer = `${rcode} ${addresses.sort().join(' ')}`;
    const wanted = `${state === undefined ? Rcode.NXDOMAIN : Rcode.NOERROR} ${state?.split(' ').sort().join(' ') ?? ''}`;
    if (answer !== wanted) wrong.push(`${title}: ${name} is answered "${answer}", not "${wanted}"`);
  }
  return wrong;
}
