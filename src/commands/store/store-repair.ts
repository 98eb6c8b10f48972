import { join } from 'node:path';
import process from 'node:process';
import { withoutPools } from '../../load-balancer/without-pools.ts';
import { escapeText } from '../../pool/plain-text.ts';
import {
  type Configuration,
  documentName,
  KINDS_IN_ORDER,
  type Kind,
  type Ref,
  type StoredDocument,
} from '../../store/contract/documents.ts';
import { claimsOf } from '../../store/integrity/claims.ts';
import { describeDamage } from '../../store/integrity/damage.ts';
import { lostDocuments } from '../../store/integrity/lost.ts';
import type { Repair, RepairableStore, RepairedDocument } from '../../store/integrity/repair.ts';
import { readRemembered } from '../../store/last-good/file.ts';
import { allDocuments } from '../../store/reading/all-documents.ts';
import { OperatorError } from '../exit.ts';
import { lostLines } from './lost-lines.ts';
import { withStore, wrongClaimsIn } from './opened-store.ts';
import { salvageLines } from './salvage-lines.ts';

/** A repair, and the lines that describe it. */
export interface RepairPlan {
  readonly repair: Repair;
  readonly lines: readonly string[];
}

/** What a person decided about a repair. */
export interface RepairDecision {
  /** To do it; otherwise it is only shown. */
  readonly isSure: boolean;
  /** To put back what was lost and is known. */
  readonly putsBack: boolean;
}

/**
 * Runs `lifeguard store repair`: prints what the store lost, which of that is known elsewhere, and what a repair drops; with
 * `isSure` repairs it. Where pages of a file are damaged, that makes a new file of all that can be read. Rejects with OperatorError when the store cannot be read.
 */
export async function runStoreRepair(
  path: string | undefined,
  { isSure, putsBack }: RepairDecision,
): Promise<void> {
  const repair = async (store: RepairableStore, dataDir: string) => {
    const read = await store.read();
    say(`Lost: ${read.loss ?? 'nothing that Lifeguard can see'}.`);
    const { salvage } = store;
    if (salvage !== undefined) for (const line of salvageLines(salvage, read)) say(line);
    // Damage of a whole table or stream; single damaged records are set aside.
    await store.examine!((found) => {
      if (found.key === '') say(`Damaged: ${describeDamage(found)}.`);
    });
    await wrongClaimsIn(store, (found) => say(`Wrong: ${describeDamage(found)}.`));
    const lost = lostDocuments(read, await store.traces(read), rememberedIn(dataDir));
    const known = lost.flatMap(({ document }) => document ?? []);
    const { repair: plan, lines } = planRepair(read, putsBack ? known : []);
    for (const line of [...lostLines(lost, putsBack), ...lines]) say(line);
    if (!isSure) {
      if (known.length > 0 && !putsBack) say(`With --put-back, the repair puts back ${count(known.length)}.`);
      say('Nothing was changed. Restore the store if you have a backup, or repair it with --yes.');
      return;
    }
    const revision = await store.repair(plan);
    say(`Repaired the store. It is at revision ${revision} and has ${count(plan.kept.length)}.`);
    if (salvage !== undefined)
      say(`The damaged file is kept as ${salvage.keptAs}. Remove it when you no longer need it.`);
  };
  await withStore(path, (store, { dataDir }) => repair(store, dataDir), true);
}

/** The last good state of this data directory; undefined: there is none, or it cannot be read, which is printed. */
function rememberedIn(dataDir: string): Configuration | undefined {
  const path = join(dataDir, 'last-good.sqlite');
  try {
    return readRemembered(path);
  } catch (error) {
    say(`Cannot read ${path}: ${(error as Error).message}`);
    return undefined;
  }
}

function count(documents: number): string {
  return documents === 1 ? '1 document' : `${documents} documents`;
}

/** Runs `lifeguard store adopt`: prints what the store holds; with `isSure` makes all servers and workers accept it. Rejects with OperatorError. */
export async function runStoreAdopt(path: string | undefined, isSure: boolean): Promise<void> {
  await withStore(path, async (store) => {
    const read = await store.read();
    if (read.loss !== undefined)
      throw new OperatorError(
        `The store has lost data: ${read.loss}. Repair it first with "lifeguard store repair".`,
      );
    const counts = Map.groupBy(allDocuments(read), ({ kind }) => kind);
    const has = [...counts].map(([kind, some]) => `${kind} ${some.length}`).sort();
    say(`The store is at revision ${read.revision}. It holds: ${has.join(', ') || 'nothing'}.`);
    if (!isSure) {
      say('Nothing was changed. With --yes, all servers and workers accept this configuration.');
      return;
    }
    say(`All servers and workers now accept this configuration, at revision ${await store.adopt()}.`);
  });
}

/**
 * Plans a repair: keeps each readable document and each of `putBack`, with its claims and without references to documents that
 * are gone.
 */
export function planRepair(read: Configuration, putBack: readonly StoredDocument[] = []): RepairPlan {
  const { epoch, revision, damaged } = read;
  const lines: string[] = [];
  const anew = new Map(putBack.map((document) => [documentName(document), document]));
  const found = allDocuments(read).filter((document) => !anew.has(documentName(document)));
  const documents = [...found, ...putBack];
  // A damaged document still exists.
  const unreadable = (damaged?.documents ?? []).filter((ref) => !anew.has(documentName(ref)));
  const there = new Set([...documents, ...unreadable].map(documentName));
  const has = (kind: Kind, id: string) => there.has(documentName({ kind, id }));
  const deleted: Ref[] = [];
  const kept: RepairedDocument[] = [];
  const owners = new Map<string, string>();
  // Documents that others refer to come first, so that the others are compared with what is left.
  const inOrder = documents.toSorted(
    (a, b) => KINDS_IN_ORDER.indexOf(a.kind) - KINDS_IN_ORDER.indexOf(b.kind) || a.revision - b.revision,
  );
  for (const document of inOrder) {
    const whole = withoutDangling(document, has, lines);
    if (whole === undefined) {
      deleted.push({ kind: document.kind, id: document.id });
      there.delete(documentName(document));
      continue;
    }
    const { unique, references } = claimsOf(whole);
    for (const name of unique) {
      const owner = owners.get(`${whole.kind}/${name}`);
      if (owner !== undefined)
        lines.push(`${describe(whole)} has the same name as ${whole.kind} ${owner}. Rename one of them.`);
      else owners.set(`${whole.kind}/${name}`, whole.id);
    }
    const own = unique.filter((name) => owners.get(`${whole.kind}/${name}`) === whole.id);
    kept.push({
      document: whole,
      isChanged: whole !== document || anew.has(documentName(whole)),
      unique: own,
      references,
    });
  }
  const unread = unreadable.length + (damaged?.unnamed ?? 0);
  if (unread > 0)
    lines.push(`${unread} documents are damaged and stay set aside. "lifeguard store check" lists them.`);
  return { repair: { readAt: { epoch, revision }, kept, deleted }, lines };
}

function withoutDangling(
  document: StoredDocument,
  has: (kind: Kind, id: string) => boolean,
  lines: string[],
): StoredDocument | undefined {
  switch (document.kind) {
    case 'pool': {
      const { monitor, monitorGroup, ...rest } = document.value;
      const isMonitored = !monitor || has('monitor', monitor);
      const isGrouped = !monitorGroup || has('monitor_group', monitorGroup);
      if (isMonitored && isGrouped) return document;
      lines.push(
        `${describe(document)} loses its monitor, which is gone. No worker checks it until it has another.`,
      );
      const value = {
        ...rest,
        ...(isMonitored && monitor !== undefined && { monitor }),
        ...(isGrouped && monitorGroup !== undefined && { monitorGroup }),
      };
      return { ...document, value };
    }
    case 'monitor_group': {
      const members = document.value.members.filter(({ monitorId }) => has('monitor', monitorId));
      if (members.length === document.value.members.length) return document;
      const gone = document.value.members.length - members.length;
      if (members.length === 0) {
        lines.push(`${describe(document)} is deleted, because all of its monitors are gone.`);
        return undefined;
      }
      lines.push(`${describe(document)} loses ${gone} of its monitors, which are gone.`);
      return { ...document, value: { ...document.value, members } };
    }
    case 'override':
      if (has('pool', document.value.pool)) return document;
      lines.push(`${describe(document)} is deleted, because its pool is gone.`);
      return undefined;
    case 'load_balancer': {
      const { zoneId, ...rest } = document.value;
      const isZoneGone = zoneId !== undefined && !has('zone', zoneId);
      if (isZoneGone)
        lines.push(
          `${describe(document)} loses its zone, which is gone. Nothing answers its name until a zone of that name exists.`,
        );
      const value = withoutPools(isZoneGone ? rest : document.value, (pool) => !has('pool', pool));
      if (value === undefined) {
        lines.push(
          `${describe(document)} is deleted, because its fallback pool and all of its default pools are gone.`,
        );
        return undefined;
      }
      if (value === document.value) return document;
      if (value !== rest) lines.push(`${describe(document)} loses pools, which are gone.`);
      return { ...document, value };
    }
    default:
      return document;
  }
}

function describe({ kind, id, value }: StoredDocument): string {
  const { name } = value as { readonly name?: string };
  return name === undefined ? `${kind} ${id}` : `${kind} ${JSON.stringify(name)} (${id})`;
}

function say(line: string): void {
  process.stdout.write(`${escapeText(line)}\n`);
}
