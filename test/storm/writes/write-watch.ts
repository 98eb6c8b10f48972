import { dig } from '../../support/dig.ts';
import { openWriteClient, recordsPathOf } from './write-client.ts';
import type { Judged } from './write-judge.ts';
import { ZONE } from './write-storm.ts';

/** What was seen while it stormed: how many answers were held against what was written, and what was wrong with them. */
export interface Watched {
  readonly answers: number;
  readonly wrong: readonly string[];
}

/** Questions until a batch must be answered: more than there are in the seconds that a node may take. */
const ASKED_MAX = 2_000;

/**
 * Makes, moves and deletes a pool again and again, until `storm` is over. After each write it waits until the revision is
 * served, and then asks every node for the name.
 */
export async function watchDuring(storm: Promise<unknown>, nodes: readonly Judged[]): Promise<Watched> {
  const client = openWriteClient(nodes[0]!.api);
  const extensions = openWriteClient(new URL(nodes[0]!.api).origin);
  const records = await recordsPathOf(extensions, ZONE);
  const wrong: string[] = [];
  let answers = 0;
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  storm.then(over, over);

  /** Sends a write, and holds DNS against the address that the name has from then on; undefined: none. */
  async function follow(
    name: string,
    address: string | undefined,
    ...sent: Parameters<typeof client.send>
  ): Promise<string> {
    const { status, revision, result } = await client.send(...sent);
    if (status !== 200) throw new Error(`the watched ${name} was answered ${status}`);
    const served = await extensions.send('GET', `/lifeguard/v1/revisions/${revision}?wait=30s`);
    if (!served.result.served) wrong.push(`${name}: revision ${revision} is not served`);
    for (const [at, { dns }] of nodes.entries()) {
      const found = await dig(dns, `${name}.pools.example.com`, 'A');
      answers += 1;
      const isRight =
        found.status === (address ? 'NOERROR' : 'NXDOMAIN') && found.rdata.join() === (address ?? '');
      if (!isRight)
        wrong.push(
          `${name}: node ${at} answered ${found.status} ${found.rdata}, not ${address}, in the storm`,
        );
    }
    return result.id;
  }

  /**
   * Replaces the record of a name by another one in a batch, and asks every node until the batch is served: each answer has the one
   * or the other, never both or none.
   */
  async function replaceRecord(round: number): Promise<void> {
    const name = `watched-record-${round}.${ZONE}`;
    const body = (content: string) => ({ type: 'A', name, content });
    const made = await extensions.send('POST', records, body('192.0.2.1'));
    await extensions.send('GET', `/lifeguard/v1/revisions/${made.revision}?wait=30s`);
    const batch = { deletes: [{ id: made.result.id }], posts: [body('192.0.2.2')] };
    const replaced = extensions.send('POST', `${records}/batch`, batch);
    const seen: string[] = [];
    for (let last = ''; last !== '192.0.2.2'; ) {
      const found = await dig(nodes[0]!.dns, name, 'A');
      last = found.rdata.join();
      seen.push(last);
      answers += 1;
      if (last !== '192.0.2.1' && last !== '192.0.2.2') {
        wrong.push(`${name}: answered ${found.status} ${found.rdata} while its record was replaced`);
        break;
      }
      if (seen.length === ASKED_MAX) {
        wrong.push(`${name}: still answered ${last} after ${ASKED_MAX} questions`);
        break;
      }
    }
    const { status, result } = await replaced;
    if (status !== 200) throw new Error(`the batch of ${name} was answered ${status}`);
    await extensions.send('DELETE', `${records}/${result.posts[0].id}`);
  }

  const at = (address: string) => ({ origins: [{ name: 'a', address }] });
  for (let round = 0; !isOver; round += 1) {
    const name = `watched-${round}`;
    const id = await follow(name, '192.0.2.1', 'POST', '/pools', { name, ...at('192.0.2.1') });
    await follow(name, '192.0.2.2', 'PATCH', `/pools/${id}`, at('192.0.2.2'));
    await follow(name, undefined, 'DELETE', `/pools/${id}`);
    await replaceRecord(round);
  }
  client.close();
  extensions.close();
  return { answers, wrong };
}
