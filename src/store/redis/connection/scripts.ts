import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { FIRST_LOOK } from '../../../event/reported.ts';
import { LEAD_MS } from '../../contract/lead.ts';
import { ANNOUNCEMENT_MS } from '../../contract/nodes.ts';
import { PREVIEW_MS } from '../../contract/previews.ts';
import { LEASE_MS } from '../../contract/workers.ts';
import { NAME_LOST } from '../../integrity/epoch.ts';
import { LINK_CHARACTERS, LINK_TEXTS, LINKS_IN_TEXT } from '../../integrity/kept-links.ts';

/** A Lua script; what its keys, arguments and result are is at the top of its file. */
export interface Script {
  /** Also the name of its command in the connection, so it must not be one of Redis' own. */
  readonly name: string;
  readonly lua: string;
  /** How many of its arguments are keys. */
  readonly keys: number;
}

const read = (path: string) => readFileSync(new URL(`../scripts/${path}.lua`, import.meta.url), 'utf8');
/** Lifetimes of leases, leads, announcements and previews, for scripts. */
const LASTS = `local LEASE_MS, LEAD_MS, ANNOUNCEMENT_MS, PREVIEW_MS = ${[LEASE_MS, LEAD_MS, ANNOUNCEMENT_MS, PREVIEW_MS].join(', ')}`;
/** How links are kept, for scripts. */
const KEPT = `local LINKS_IN_TEXT, LINK_TEXTS, LINK_CHARACTERS = ${[LINKS_IN_TEXT, LINK_TEXTS, LINK_CHARACTERS].join(', ')}`;
/** What is lost while a repair is not done, for scripts too. */
export const REPAIRING = 'a repair has begun and is not done; where it was cut off, run it again';
/** Sentences and names for scripts. */
const TEXTS = `local REPAIRING, NAME_LOST, FIRST_LOOK = ${[REPAIRING, NAME_LOST, FIRST_LOOK.subject].map((text) => JSON.stringify(text)).join(', ')}`;
const script = (path: string, keys: number, before: readonly string[] = []): Script => ({
  name: `lifeguard_${basename(path)}`,
  lua: [LASTS, KEPT, TEXTS, ...[...before, path].map(read)].join('\n'),
  keys,
});

/** Reads every script from its file. */
export function readScripts() {
  return {
    commit: script('commit/commit', 10, [
      'commit/arguments',
      'commit/check-keys',
      'commit/tally',
      'commit/add-after',
      'integrity/lost-keys',
      'commit/keep-events',
      'commit/keep-link',
      'commit/claim',
    ]),
    made: script('commit/made', 3),
    position: script('commit/position', 12, ['commit/tally', 'integrity/lost-keys']),
    seal: script('integrity/seal', 5, ['commit/check-keys', 'commit/tally']),
    recount: script('integrity/recount', 1, ['commit/check-keys']),
    suspect: script('integrity/suspect', 1, ['commit/check-keys']),
    claims: script('integrity/claims', 1, ['commit/claim']),
    rebuild: script('integrity/rebuild', 5, ['commit/arguments', 'commit/check-keys']),
    finish: script('integrity/finish', 6, ['commit/check-keys', 'commit/tally']),
    claimed: script('integrity/claimed', 1, ['commit/claim']),
    claimedRevision: script('integrity/claimed-revision', 1, ['commit/claim']),
    takePlace: script('integrity/take-place', 2),
    adopt: script('integrity/adopt', 1, ['commit/check-keys']),
    publish: script('worker/publish', 8, [
      'commit/arguments',
      'commit/check-keys',
      'worker/running',
      'commit/add-after',
      'integrity/lost-keys',
      'commit/keep-events',
    ]),
    join: script('worker/join', 3, ['commit/check-keys', 'worker/running', 'worker/next-token']),
    renew: script('worker/renew', 2, ['commit/check-keys', 'worker/running']),
    leave: script('worker/leave', 2, ['commit/check-keys']),
    workers: script('worker/workers', 2, ['worker/running']),
    previewRequest: script('preview/preview-request', 5, ['commit/check-keys', 'worker/running']),
    previewTake: script('preview/preview-take', 6, ['commit/check-keys', 'worker/running']),
    previewAnswer: script('preview/preview-answer', 6, ['commit/check-keys', 'worker/running']),
    preview: script('preview/preview', 2, ['worker/running']),
    announce: script('worker/announce', 2, ['commit/check-keys', 'worker/running']),
    nodes: script('worker/nodes', 2, ['worker/running']),
    events: script('event/events', 3),
    lead: script('event/lead', 2, ['commit/check-keys', 'worker/running', 'worker/next-token']),
    renewLead: script('event/renew-lead', 1, ['commit/check-keys', 'worker/running', 'event/holds-lead']),
    report: script('event/report', 6, [
      'commit/arguments',
      'commit/check-keys',
      'worker/running',
      'event/holds-lead',
      'commit/add-after',
      'integrity/lost-keys',
      'commit/keep-events',
    ]),
    moveCursor: script('event/move-cursor', 3, [
      'commit/check-keys',
      'worker/running',
      'event/holds-lead',
      'integrity/lost-keys',
    ]),
  };
}

/** Every script, by name. */
export type Scripts = ReturnType<typeof readScripts>;
