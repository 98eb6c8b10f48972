import type { ApiClient } from '../api.ts';
import { LOAD_BALANCERS } from '../objects.ts';
import { type TableValue, table } from '../print.ts';
import type { Envelope } from '../refusal.ts';
import type { ActiveOverrides } from '../resource/overrides.ts';
import type { PoolShown } from '../resource/pools.ts';

/** The result of an endpoint, or of one of its addresses. */
interface ResultShown {
  readonly healthy: boolean;
  readonly rtt: string;
  readonly failure_reason: string;
  readonly failure_detail?: string;
  readonly response_code: number;
}

/** The results of a pool in each region, as the API gives them. */
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
              /** Results by address of a host name; absent for an address, and from older servers. */
              readonly addresses?: readonly (ResultShown & { readonly address: string })[];
            }
          >
        >[];
      }
    >
  >;
}

/** Reads the results of a pool in each region. */
export const healthOf = (client: ApiClient, { id }: PoolShown) =>
  client.ask<HealthShown>('GET', `${LOAD_BALANCERS}/pools/${id}/health`);

/** Formats the results of a pool, and below them each message about the store on a line. */
export function healthText(
  shown: HealthShown,
  { messages }: Pick<Envelope, 'messages'>,
  pool: Pick<PoolShown, 'name' | 'origins'>,
  overrides: ActiveOverrides,
): string {
  return `${healthTable(shown, pool, overrides)}${messages.map(({ message }) => `${message}\n`).join('')}`;
}

/** Formats the result of each endpoint in each region, and of each address of a host name with several. */
function healthTable(
  { pop_health: regions }: HealthShown,
  { name: pool, origins: endpoints }: Pick<PoolShown, 'name' | 'origins'>,
  overrides: ActiveOverrides,
): string {
  const named = (address: string) => endpoints.find((each) => each.address === address)?.name;
  const hasOverrides = overrides.inWords(pool) !== undefined;
  return table(
    ['region', 'endpoint', ...(hasOverrides ? ['override'] : []), ...RESULT_COLUMNS],
    Object.entries(regions).flatMap(([region, { origins }]) =>
      resultRows(origins).map((row) => {
        const endpoint = named(String(row[0]));
        const override = endpoint && overrides.of(pool, endpoint);
        return [region, endpoint, ...(hasOverrides ? [override] : []), ...row];
      }),
    ),
  );
}

/** The columns of resultRows(). */
export const RESULT_COLUMNS = ['address', 'healthy', 'rtt', 'reason', 'code', 'detail'];

/** Makes a row for the result of each endpoint, and below a host name with several addresses a row for each of them. */
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
