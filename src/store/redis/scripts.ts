import { readFileSync } from 'node:fs';

/** A Lua script; what its keys, arguments and result are stands at the top of its file. */
export interface Script {
  /** Also the name of its command in the connection, so it must not be one of Redis' own. */
  readonly name: string;
  readonly lua: string;
  /** How many of its arguments are keys. */
  readonly keys: number;
}

const read = (file: string) => readFileSync(new URL(`./${file}.lua`, import.meta.url), 'utf8');
const script = (file: string, keys: number, before: readonly string[] = []): Script => ({
  name: `lifeguard_${file}`,
  lua: [...before, file].map(read).join('\n'),
  keys,
});

/** Reads every script from its file. */
export function readScripts() {
  return {
    commit: script('commit', 9, ['check-keys', 'keep-events']),
    position: script('position', 1),
    publish: script('publish', 8, ['check-keys', 'keep-events']),
    join: script('join', 3, ['check-keys']),
    renew: script('renew', 2, ['check-keys']),
    leave: script('leave', 2, ['check-keys']),
    workers: script('workers', 2),
    previewRequest: script('preview-request', 4, ['check-keys']),
    previewTake: script('preview-take', 6, ['check-keys']),
    previewAnswer: script('preview-answer', 6, ['check-keys']),
    preview: script('preview', 2),
    announce: script('announce', 2, ['check-keys']),
    nodes: script('nodes', 2),
    events: script('events', 3),
    lead: script('lead', 2, ['check-keys']),
    renewLead: script('renew-lead', 1, ['check-keys', 'holds-lead']),
    tell: script('tell', 5, ['check-keys', 'holds-lead', 'keep-events']),
    moveCursor: script('move-cursor', 2, ['check-keys', 'holds-lead']),
  };
}

/** Every script, by name. */
export type Scripts = ReturnType<typeof readScripts>;
