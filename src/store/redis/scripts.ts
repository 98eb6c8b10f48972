import { readFileSync } from 'node:fs';
import { ANNOUNCEMENT_MS, LEAD_MS, LEASE_MS, PREVIEW_MS } from '../store.ts';

/** A Lua script; what its keys, arguments and result are stands at the top of its file. */
export interface Script {
  /** Also the name of its command in the connection, so it must not be one of Redis' own. */
  readonly name: string;
  readonly lua: string;
  /** How many of its arguments are keys. */
  readonly keys: number;
}

const read = (file: string) => readFileSync(new URL(`./${file}.lua`, import.meta.url), 'utf8');
/** How long each sort of thing lasts that ends, as scripts see it. */
const LASTS = `local LEASE_MS, LEAD_MS, ANNOUNCEMENT_MS, PREVIEW_MS = ${[LEASE_MS, LEAD_MS, ANNOUNCEMENT_MS, PREVIEW_MS].join(', ')}`;
const script = (file: string, keys: number, before: readonly string[] = []): Script => ({
  name: `lifeguard_${file}`,
  lua: [LASTS, ...[...before, file].map(read)].join('\n'),
  keys,
});

/** Reads every script from its file. */
export function readScripts() {
  return {
    commit: script('commit', 9, ['arguments', 'check-keys', 'tally', 'add-after', 'keep-events']),
    position: script('position', 9, ['tally']),
    seal: script('seal', 5, ['check-keys', 'tally']),
    suspect: script('suspect', 1, ['check-keys']),
    rebuild: script('rebuild', 4, ['arguments', 'check-keys']),
    finish: script('finish', 6, ['check-keys', 'tally']),
    adopt: script('adopt', 1, ['check-keys']),
    publish: script('publish', 8, ['arguments', 'check-keys', 'running', 'add-after', 'keep-events']),
    join: script('join', 3, ['check-keys', 'running', 'next-token']),
    renew: script('renew', 2, ['check-keys', 'running']),
    leave: script('leave', 2, ['check-keys']),
    workers: script('workers', 2, ['running']),
    previewRequest: script('preview-request', 5, ['check-keys', 'running']),
    previewTake: script('preview-take', 6, ['check-keys', 'running']),
    previewAnswer: script('preview-answer', 6, ['check-keys', 'running']),
    preview: script('preview', 2, ['running']),
    announce: script('announce', 2, ['check-keys', 'running']),
    nodes: script('nodes', 2, ['running']),
    events: script('events', 3),
    lead: script('lead', 2, ['check-keys', 'running', 'next-token']),
    renewLead: script('renew-lead', 1, ['check-keys', 'running', 'holds-lead']),
    tell: script('tell', 6, ['arguments', 'check-keys', 'running', 'holds-lead', 'add-after', 'keep-events']),
    moveCursor: script('move-cursor', 2, ['check-keys', 'running', 'holds-lead']),
  };
}

/** Every script, by name. */
export type Scripts = ReturnType<typeof readScripts>;
