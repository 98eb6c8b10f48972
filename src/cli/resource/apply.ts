import type { Answer, ApiClient } from '../api.ts';
import { documentIn } from '../document.ts';
import { count, table } from '../print.ts';

/** Options of `apply`. */
export interface ApplyOptions {
  /** Path; `-` is standard input. */
  readonly file: string;
  readonly dryRun?: boolean;
  readonly prune?: boolean;
}

/** The result of applying a document, as the API gives it. */
export interface Applied {
  readonly dry_run: boolean;
  readonly revision: number | null;
  readonly changes: readonly {
    readonly action: string;
    readonly kind: string;
    readonly name: string;
    readonly fields?: readonly string[];
  }[];
  readonly unchanged: number;
}

/** Applies the YAML or JSON document of a file. Throws OperatorError. */
export function apply(
  client: ApiClient,
  { file, dryRun = false, prune = false }: ApplyOptions,
): Promise<Answer<Applied>> {
  const query = new URLSearchParams({ dry_run: String(dryRun), prune: String(prune) });
  return client.ask('POST', `/lifeguard/v1/apply?${query}`, {
    body: documentIn(file, 'the keys monitors, monitor_groups, zones, pools and load_balancers'),
  });
}

/** Exports all monitors, monitor groups, pools and load balancers of a server as a document. Throws OperatorError. */
export function exported(client: ApiClient): Promise<Answer<object>> {
  return client.ask('GET', '/lifeguard/v1/export');
}

/** Formats the changes, one on each line, and their sum. */
export function appliedText({ dry_run: isDry, revision, changes, unchanged }: Applied): string {
  const rows = changes.map(({ action, kind, name, fields }) => [action, kind, name, fields?.join(', ')]);
  const head = rows.length > 0 ? table(['action', 'kind', 'name', 'fields'], rows) : '';
  const rest = `${count(unchanged, 'object')} unchanged`;
  const sum = isDry
    ? `Dry run: ${count(changes.length, 'change')} to make, ${rest}. Nothing was changed.`
    : `Made ${count(changes.length, 'change')} in revision ${revision}; ${rest}.`;
  return `${head}${sum}\n`;
}
