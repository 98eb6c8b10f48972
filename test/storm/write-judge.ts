import { dig } from '../support/dig.ts';
import { openWriteClient } from './write-client.ts';
import { isExpected, type Written } from './write-storm.ts';

/** A node: where its API begins and where it answers. */
export interface Judged {
  readonly api: string;
  readonly dns: { readonly address: string; readonly port: number };
}

/** Names that one dig asks for at a time. */
const ASKED_AT_ONCE = 8;

/**
 * Everything that is wrong after a storm, by what was acknowledged: answers that should not be, updates that were lost,
 * references to what is gone, and, once a node says that it serves the last revision, answers by DNS that are not what
 * was written. Asks `sample` names at most.
 */
export async function wrongAfter(written: Written, node: Judged, sample: number): Promise<string[]> {
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
  const { result } = await served.send('GET', `/lifeguard/v1/revisions/${written.revision}?wait=30s`);
  served.close();
  if (!result.served) wrong.push(`revision ${written.revision} is not served`);
  const asked = [...written.pools].slice(-sample);
  for (let from = 0; from < asked.length; from += ASKED_AT_ONCE)
    await Promise.all(
      asked.slice(from, from + ASKED_AT_ONCE).map(async ([name, owned]) => {
        const { status, rdata } = await dig(node.dns, `${name}.pools.example.com`, 'A');
        // Nobody probes: what has a monitor is not known to be well.
        const expected = owned && !owned.monitor ? [owned.address] : [];
        const isRight = status === (owned ? 'NOERROR' : 'NXDOMAIN') && rdata.join() === expected.join();
        if (!isRight) wrong.push(`${name}: is answered ${status} ${rdata}, not ${expected}`);
      }),
    );
  return wrong;
}

interface Named {
  readonly id: string;
}
