import { allDocuments } from '../../src/store/reading/all-documents.ts';
import type { OpenApiDocument } from '../admin/openapi/described.ts';
import { ACCOUNT, openTestAdmin, type TestAdmin } from '../admin/server.ts';
import { pool as samplePool } from '../store/contract/samples.ts';
import { zoneFile } from '../zone/zone-file.ts';
import type { Known } from './values.ts';

/** Documents in the store beyond which it is emptied. */
const DOCUMENTS_MAX = 30;

/** An API with an object of each kind in its store. */
export interface Target {
  readonly api: TestAdmin;
  readonly document: OpenApiDocument;
  /** Identifiers and names of what is there. */
  known(): Known;
  /** The identifiers of the objects that a path is about, by their parameters. */
  idsAt(template: string): Readonly<Record<string, string | undefined>>;
  /** Makes the objects anew when some are gone, or too many are there. */
  renew(): Promise<void>;
}

/** Starts the API; the caller stops it. */
export async function openTarget(): Promise<Target> {
  const explained = samplePool('e'.repeat(32), { name: 'web' });
  const api = await openTestAdmin({
    zones: [zoneFile('example.com', '@ 60 NS ns1.example.net.', { pools: 'pools' })],
    explain: {
      revision: 1,
      generation: 1,
      ask: () => ({ rcode: 0, answers: ['192.0.2.1'] }),
      path: () => ({
        rcode: 0,
        aliases: [],
        flattened: [],
        pools: [{ zone: 'example.com.', pool: explained }],
        end: explained,
        records: 0,
        steered: undefined,
        disabledLoadBalancer: undefined,
        found: { kind: 'refused' },
        poolsAtEnd: [],
        loop: undefined,
      }),
      hint: () => '',
      apexes: () => [],
      recordsMaxOf: () => 8,
      answerOf: (pool, healthOf) => ({ pool, healthOf }),
      reasons: async (pool) =>
        new Map(
          pool.endpoints.map((each) => [
            each,
            { health: { healthy: true }, override: undefined, monitors: [] },
          ]),
        ),
    },
  });
  const document = (await (await fetch(`${api.url}/openapi.json`)).json()) as OpenApiDocument;
  let made = new Map<string, string>();
  const ids = () => [...made.values()];
  const target: Target = {
    api,
    document,
    idsAt: (template) => ({
      id: [...made].find(([list]) => template.includes(`/${list}/{id}`))?.[1],
      zone_id: made.get('zones'),
    }),
    known: () => [
      ...ids(),
      ACCOUNT,
      'web',
      'one',
      'www.kept.example.net',
      'dns.qry.type == 28',
      'www.example.com',
      'MX',
      'TXT',
      'SRV',
      '192.0.2.1',
      '10 mail.example.net',
      '\\# 2 abcd',
      '1',
    ],
    async renew() {
      const documents = [...allDocuments(await api.store.read())];
      const there = new Set(documents.map(({ id }) => id));
      if (made.size > 0 && ids().every((id) => there.has(id)) && there.size <= DOCUMENTS_MAX) return;
      const order = [
        'record',
        'override',
        'load_balancer',
        'pool',
        'monitor_group',
        'monitor',
        'zone',
        'token',
      ];
      const doomed = documents.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
      if (doomed.length > 0)
        await api.store.commit(doomed.map(({ kind, id }) => ({ op: 'delete', kind, id })));
      made = await makeOneOfEach(api);
    },
  };
  await target.renew();
  return target;
}

/** Objects by the last part of the path of their list. */
async function makeOneOfEach(api: TestAdmin): Promise<Map<string, string>> {
  const made = new Map<string, string>();
  const make = async (path: string, body: object): Promise<string> => {
    const { status, body: answer } = await api.call('POST', path, body);
    if (status !== 200) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    made.set(path.split('/').at(-1)!, answer.result.id);
    return answer.result.id;
  };
  const below = '/client/v4/accounts/a/load_balancers';
  const origins = [{ name: 'one', address: '192.0.2.1' }];
  const monitor = await make(`${below}/monitors`, { type: 'icmp_ping', description: 'one' });
  const members = [{ monitor_id: monitor, enabled: true, monitoring_only: false, must_be_healthy: false }];
  const monitor_group = await make(`${below}/monitor_groups`, { description: 'one', members });
  await make(`${below}/pools`, { name: 'other', monitor_group, origins });
  const pool = await make(`${below}/pools`, { name: 'web', monitor, origins });
  await make('/lifeguard/v1/overrides', { pool: 'web', action: 'out', owner: 'ann', reason: 'test' });
  const zone = await make('/client/v4/zones', { name: 'kept.example.net' });
  await make(`/client/v4/zones/${zone}/dns_records`, {
    type: 'MX',
    name: '@',
    content: '10 mail.example.net',
  });
  await make(below, { name: 'kept.example.net', default_pools: [pool], fallback_pool: pool });
  await make('/lifeguard/v1/tokens', { name: 'kept', scope: 'read' });
  return made;
}
