import type { Answer, ApiClient } from '../api.ts';
import { documentIn } from '../document.ts';
import { table } from '../print.ts';

/** What the command line says of how a document is applied. */
export interface ApplyOptions {
  /** Path; `-` is standard input. */
  readonly file: string;
  readonly dryRun?: boolean;
  readonly prune?: boolean;
}

/** What became of it, as the API tells it. */
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
    body: documentIn(file, 'monitors, monitor_groups and pools'),
  });
}

/** The document that the server's monitors, groups and pools make. Throws OperatorError. */
export function exported(client: ApiClient): Promise<Answer<object>> {
  return client.ask('GET', '/lifeguard/v1/export');
}

/** Changes, a line each, and what they come to. */
export function appliedText({ dry_run: isDry, revision, changes, unchanged }: Applied): string {
  const rows = changes.map(({ action, kind, name, fields }) => [action, kind, name, fields?.join(', ')]);
  const done = isDry ? 'to be made; nothing was changed' : `made, revision ${revision}`;
  const head = rows.length > 0 ? table(['action', 'kind', 'name', 'fields'], rows) : '';
  return `${head}${changes.length} changes ${done}; ${unchanged} as they are\n`;
}
