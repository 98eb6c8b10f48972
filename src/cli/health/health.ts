import type { ApiClient, Envelope } from '../api.ts';
import { LOAD_BALANCERS } from '../objects.ts';
import { type TableValue, table } from '../print.ts';
import type { PoolShown } from '../resource/pools.ts';

/** What was found of an endpoint, or of one of its addresses. */
interface ResultShown {
  readonly healthy: boolean;
  readonly rtt: string;
  readonly failure_reason: string;
  readonly failure_detail?: string;
  readonly response_code: number;
}

/** What the regions say of a pool. */
export interface HealthShown {
  readonly pool_id: string;
  readonly pop_health: Readonly<
    Record<
      string,
      {
        /** Absent: not known. */
        readonly healthy?: boolean;
        readonly origins: readonly Readonly<
          Record<
            string,
            ResultShown & {
              /** Of a host name; absent: it is an address, or an older server says nothing of them. */
              readonly addresses?: readonly (ResultShown & { readonly address: string })[];
            }
          >
        >[];
      }
    >
  >;
}

/** What the regions say of a pool. */
export const healthOf = (client: ApiClient, { id }: PoolShown) =>
  client.ask<HealthShown>('GET', `${LOAD_BALANCERS}/pools/${id}/health`);

/** What each region says of a pool, and below it what is wrong with the store, a line each. */
export function healthText(shown: HealthShown, { messages }: Pick<Envelope, 'messages'>): string {
  return `${healthTable(shown)}${messages.map(({ message }) => `${message}\n`).join('')}`;
}

/** What each region says of each endpoint, and of each address of a host name that has several. */
function healthTable({ pop_health: regions }: HealthShown): string {
  return table(
    ['region', ...RESULT_COLUMNS],
    Object.entries(regions).flatMap(([region, { origins }]) =>
      resultRows(origins).map((row) => [region, ...row]),
    ),
  );
}

/** What resultRows() gives of each. */
export const RESULT_COLUMNS = ['address', 'healthy', 'rtt', 'reason', 'code', 'detail'];

/** What was found of endpoints, a row each; below a host name that has several addresses, a row for each of these. */
export function resultRows(origins: HealthShown['pop_health'][string]['origins']): TableValue[][] {
  return origins.flatMap((origin) =>
    Object.entries(origin).flatMap(([name, { addresses = [], ...whole }]) => [
      rowOf(name, whole),
      ...(addresses.length > 1 ? addresses.map((each) => rowOf(`  ${each.address}`, each)) : []),
    ]),
  );
}

function rowOf(
  address: string,
  { healthy, rtt, failure_reason: reason, failure_detail: detail, response_code: code }: ResultShown,
): TableValue[] {
  return [address, healthy, rtt, reason, code || null, detail];
}
