import { FIRST_LOOK } from '../../src/event/reported.ts';
import type { StoredDocument, Write } from '../../src/store/contract/documents.ts';
import { allDocuments } from '../../src/store/reading/all-documents.ts';
import type { Store } from '../../src/store/store.ts';
import {
  audit,
  dnsRecord,
  event,
  group,
  loadBalancer,
  monitor,
  node,
  observation,
  override,
  pool,
  token,
  worker,
  zone,
} from '../store/contract/samples.ts';

/** Pools, each under the name that it answers at. */
export const NAMES = ['web', 'shop', 'mail', 'api', 'img', 'auth'];

const put = (kind: Write['kind'], value: { readonly id: string }, unique: readonly string[] = []): Write =>
  ({ op: 'put', kind, id: value.id, value, unique, references: [] }) as unknown as Write;

/** What a sound store has of everything; the documents that it holds. */
export async function makeSound(store: Store): Promise<readonly StoredDocument[]> {
  await store.commit(
    [
      put('monitor', monitor('m1', { header: { Host: ['a.example.org'] } })),
      put('monitor', monitor('m2', { type: 'tcp', port: 80 })),
      put('monitor_group', group('g1')),
      ...NAMES.map((name, i) => put('pool', pool(name, i % 2 === 0 ? { monitor: 'm1' } : {}), [name])),
      put('override', override('o1', { pool: 'web', end: '2099-01-01T00:00:00Z' })),
      put('zone', zone('z1')),
      put('token', token('t1')),
      put('record', dnsRecord('r1')),
      put('record', dnsRecord('r2', { type: 'MX', content: '10 mail.example.org.', comment: 'c' })),
      put(
        'load_balancer',
        loadBalancer('l1', {
          defaultPools: ['web', 'shop'],
          fallbackPool: 'mail',
          rules: [{ condition: 'dns.qry.type == 28', overrides: { fallbackPool: 'api' } }],
        }),
      ),
    ],
    [audit('a')],
  );
  await store.commit([put('pool', pool('shop', { description: 'new' }), ['shop'])]);
  const lease = await store.join(worker('w1'));
  await store.publish(lease, {
    put: ['a', 'b', 'c'].map((check) => ({
      observation: observation(check, { addresses: ['192.0.2.9'] }),
      changed: true,
    })),
    drop: [],
    events: [event('a')],
  });
  await store.announce(node('n1'));
  const lead = (await store.lead('n1'))!;
  await store.report(lead, {
    events: [
      { kind: 'region', region: 'eu', was: 'live', now: 'absent', reason: 'r', atMs: 1_700_000_000_000 },
    ],
    put: [
      FIRST_LOOK,
      { subject: 'region/eu', state: { kind: 'region', presence: 'live' } },
      { subject: 'pool/web', state: { kind: 'pool', standing: 'healthy', endpoints: [['a', 'healthy']] } },
    ],
    drop: [],
  });
  await store.moveCursor(lead, 'mail', '1-0');
  await store.requestPreview({ id: 'p1', monitor: monitor('m1'), pools: [pool('web')] });
  return [...allDocuments(await store.read())];
}
