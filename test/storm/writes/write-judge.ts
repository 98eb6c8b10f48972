import { Rcode } from '../../../src/dns/rcode.ts';
import { askNames } from '../ask-names.ts';
import { openWriteClient, recordsPathOf } from './write-client.ts';
import { isExpected, type Written, ZONE } from './write-storm.ts';

/** A node: where its API begins and where it answers. */
export interface Judged {
  readonly api: string;
  readonly dns: { readonly address: string; readonly port: number };
}

/**
 * Everything that is wrong after a storm, by what was acknowledged: answers that should not be, updates that were lost,
 * references to what is gone, and, once a node says that it serves the last revision, answers by DNS that are not what
 * was written, of all names there ever were.
 */
export async function wrongAfter(written: Written, node: Judged): Promise<string[]> {
  const wrong: string[] = [];
  for (const [answer, count] of written.answers)
    if (!isExpected(answer)) wrong.push(`${count} answers of ${answer}`);
  const client = openWriteClient(node.api);
  const pools = new Map<string, { id: string; name: string; monitor?: string; description: string }>();
  const addresses = new Map<string, string>();
  for (const pool of (await client.send('GET', '/pools')).result) {
    pools.set(pool.name, pool);
    addresses.set(pool.name, pool.origins[0].address);
  }
  const monitors = new Set<string>((await client.send('GET', '/monitors')).result.map(({ id }: Named) => id));
  client.close();

  for (const { id, description, monitor, name } of pools.values()) {
    const counted = written.counted.get(id);
    if (counted !== undefined && Number(description) !== counted)
      wrong.push(`${name}: counted up ${counted} times, and stands at ${description}`);
    if (monitor && !monitors.has(monitor)) wrong.push(`${name}: has the monitor ${monitor}, which is gone`);
  }
  for (const [name, owned] of written.pools) {
    const found = pools.get(name);
    const there = found && `${found.id} ${addresses.get(name)} ${found.monitor ?? ''}`;
    const wanted = owned && `${owned.id} ${owned.address} ${owned.monitor}`;
    if (there !== wanted) wrong.push(`${name}: is ${there}, was written as ${wanted}`);
  }

  const origin = new URL(node.api).origin;
  const served = openWriteClient(origin);
  const listed = Map.groupBy<string, { name: string; content: string }>(
    (await served.send('GET', `${await recordsPathOf(served, ZONE)}?per_page=5000&type=A`)).result,
    ({ name }) => name,
  );
  for (const [name, addresses] of written.records) {
    const found = (listed.get(name) ?? []).map(({ content }) => content).sort();
    if (found.join() !== addresses.join()) wrong.push(`${name}: has ${found}, was written as ${addresses}`);
  }
  const { result } = await served.send('GET', `/lifeguard/v1/revisions/${written.revision}?wait=30s`);
  served.close();
  if (!result.served) wrong.push(`revision ${written.revision} is not served`);
  const owner = (name: string) => `${name}.pools.example.com`;
  const said = await askNames(node.dns, [...written.pools.keys()].map(owner));
  for (const [name, owned] of written.pools) {
    // Nobody probes: what has a monitor is not known to be well.
    const address = owned && !owned.monitor ? owned.address : '';
    const expected = `${owned ? Rcode.NOERROR : Rcode.NXDOMAIN} ${address}`;
    const answer = said.get(owner(name));
    if (answer === expected) continue;
    const later = (await askNames(node.dns, [owner(name)])).get(owner(name));
    wrong.push(`${name}: is answered ${answer}, not ${expected}; asked again: ${later}`);
  }
  const ofRecords = await askNames(node.dns, [...written.records.keys()]);
  for (const [name, addresses] of written.records) {
    const [rcode, ...found] = ofRecords.get(name)!.trim().split(' ');
    const isThere = addresses.length > 0;
    if (
      Number(rcode) !== (isThere ? Rcode.NOERROR : Rcode.NXDOMAIN) ||
      found.sort().join() !== addresses.join()
    )
      wrong.push(`${name}: is answered ${rcode} ${found}, not ${addresses}`);
  }
  return wrong;
}

interface Named {
  readonly id: string;
}
