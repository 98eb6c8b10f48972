import Type from 'typebox';
import type { Monitor } from '../../check/monitor.ts';
import type { MonitorGroup } from '../../check/monitor-group.ts';
import { type DocumentStore, type StoredDocument, WRITES_MAX } from '../../store/contract/documents.ts';
import {
  StoreDamaged,
  StoreNotReplicated,
  StoreRefused,
  StoreUnavailable,
  StoreUncertain,
} from '../../store/contract/failure.ts';
import type { Zone } from '../../zone/zone.ts';
import { callOf, seenKey } from '../access/call.ts';
import { checkChanges } from '../access/rights.ts';
import { createShares, sharing } from '../access/shares.ts';
import { writeFields } from '../access/write-log.ts';
import { type AdminApp, type AdminContext, allowOnly } from '../app.ts';
import { damageMessages, damageWords } from '../damage-message.ts';
import { answers, type Message, success } from '../http/envelope.ts';
import { ApiError, apiError } from '../http/errors.ts';
import { invalid } from '../http/problem.ts';
import { sendResult } from '../http/text-list.ts';
import { loadBalancerMessages } from '../load-balancers/messages.ts';
import { sameDescriptionMessages } from '../resource/same-description.ts';
import { RETRY_AFTER_SECONDS, refused, WRITE_ATTEMPTS_MAX, writeContention } from '../resource/write.ts';
import { FORMATS } from '../schema/formats.ts';
import { oneOf } from '../schema/nullable.ts';
import { newObjectId } from '../schema/object-id.ts';
import { bodyProblems, objectBodyOf } from '../schema/validate.ts';
import { type KnownZone, knownZones } from '../zones/known-zone.ts';
import { newZone } from '../zones/new-zone.ts';
import type { ZonesContext } from '../zones/routes.ts';
import { DOCUMENT_OCTETS_MAX, takeDocuments, YAML_EXPORT_OCTETS_MAX } from './body.ts';
import { documentChecker } from './check.ts';
import { exportParts } from './export.ts';
import { planOf } from './plan.ts';
import { Applied } from './result-schema.ts';
import { wantedSchema } from './schema.ts';
import type { PlannedChange, PlannedWrite } from './steps.ts';
import { createYamlThread, type YamlThread } from './yaml-thread.ts';

/** Maximum number of documents that are read and applied at a time; each may take hundreds of MiB of memory. */
export const APPLIED = { what: 'documents to be applied', total: 4, perToken: 2, reserved: 1 };
/** Maximum number of exports at a time. */
export const EXPORTED = { what: 'exports', total: 6, perToken: 2, reserved: 2 };

/** Maximum number of messages about properties without an effect. */
const WITHOUT_EFFECT_MAX = 100;

/** Registers the routes that apply and export documents, below the prefix of `app`. */
export function applyRoutes(
  app: AdminApp,
  {
    store,
    intervals,
    limiter,
    epochMs,
    configured,
    ...rules
  }: AdminContext & Pick<ZonesContext, 'configured'>,
): void {
  const tags = ['apply'];
  const Body = wantedSchema(intervals);
  const flag = (description: string) => Type.Optional(oneOf(['true', 'false'], { description }));
  const yaml = createYamlThread();
  const check = documentChecker(app, intervals, rules);
  takeDocuments(app, yaml);
  app.addHook('onClose', () => yaml.stop());

  app.post(
    '/apply',
    {
      onRequest: sharing(createShares(APPLIED)),
      bodyLimit: DOCUMENT_OCTETS_MAX,
      schema: {
        tags,
        summary: 'Make monitors, zones, pools and load balancers equal to a document',
        querystring: Type.Object({
          dry_run: flag('Show what would change, and change nothing.'),
          prune: flag(
            'Delete monitors, groups, pools with their overrides, and what it lists any of: load balancers, zones, and records of a zone, that the document does not have.',
          ),
        }),
        body: Body,
        response: answers(Applied),
      },
      attachValidation: true,
      // The validation of the whole body at once would take too long.
      validatorCompiler: (route) => (route.httpPart === 'body' ? () => true : app.validatorCompiler!(route)),
    },
    async (request, reply) => {
      const body = objectBodyOf(request);
      const zones = await knownZones(store, configured);
      const found = await check(body, [...zones, ...newZonesIn(body, zones, configured)]);
      const wrong = bodyProblems(request, body, () => found.kept);
      const more = found.count - found.kept.length;
      if (wrong.length > 0) throw invalid(wrong, 'invalid', wrong.length + more);
      const isDry = request.query.dry_run === 'true';
      const prune = request.query.prune === 'true';
      const made: PlannedChange[] = [];
      let planned = 0;
      const attempt = async () => {
        const read = await store.read();
        const { documents } = read;
        const plan = await planOf(read, body, {
          epochMs: epochMs(),
          intervals,
          zones,
          configured,
          store,
          prune,
          newId: newObjectId,
        });
        const { kept, count } = plan.problems;
        if (count > 0) throw invalid(kept, 'invalid', count);
        const { steps } = plan;
        // The changes of an earlier attempt are part of the store now.
        const unchanged = plan.unchanged - made.filter(({ action }) => action !== 'delete').length;
        // Rights are checked for all changes before the first: they may take several commits.
        await checkChanges(callOf(request).caller, steps, store);
        await limiter.check(callOf(request).caller, steps);
        const messages = [...describedAlike(documents, steps), ...withoutEffect(steps)];
        if (isDry)
          return success(
            { dry_run: true, revision: null, changes: steps.map(({ change }) => change), unchanged },
            { messages },
          );
        planned = made.length + steps.length;
        const { seen } = callOf(request);
        for (const { found } of steps) if (found) seen.set(seenKey(found.kind, found.id), found);
        const revision = await makeChanges(store, steps, made, read.revision);
        if (revision === undefined) return undefined;
        reply.log.info({ changes: made.length, revision, ...writeFields() }, 'document applied');
        reply.header('x-lifeguard-revision', revision);
        return success({ dry_run: false, revision, changes: made, unchanged }, { messages });
      };
      try {
        for (let attempts = 0; attempts < WRITE_ATTEMPTS_MAX; attempts += 1) {
          const answer = await attempt();
          if (answer !== undefined) return answer;
        }
        throw writeContention();
      } catch (error) {
        if (made.length === 0 || made.length === planned) throw error;
        const changes = made.length;
        reply.log.warn({ err: error, changes }, 'document applied in part: the rest could not be stored');
        throw partlyApplied(changes, error);
      }
    },
  );
  allowOnly(app, '/apply', ['POST']);

  app.get(
    '/export',
    {
      onRequest: sharing(createShares(EXPORTED)),
      schema: {
        tags,
        summary: 'Export all monitors, groups, zones, pools and load balancers as one document',
        querystring: Type.Object({
          records: Type.Optional(
            oneOf(['true', 'false'], { description: 'false: zones without their records. Default: true.' }),
          ),
          format: Type.Optional(
            oneOf(['json', 'yaml'], { description: 'yaml: the document only, without the envelope.' }),
          ),
        }),
        response: answers(Body),
      },
    },
    async (request, reply) => {
      const read = await store.read();
      const parts = await exportParts(read, callOf(request).caller, request.query.records !== 'false');
      if (request.query.format !== 'yaml')
        return sendResult(reply, parts, { messages: damageMessages(read) });
      reply.type('application/yaml; charset=utf-8');
      const words = damageWords(read);
      return reply.send(`${words === undefined ? '' : `# ${words}\n`}${await yamlOf(parts, yaml)}`);
    },
  );
  allowOnly(app, '/export', ['GET']);
}

/** The zones that a document of any types makes, in which its load balancers may be. */
function newZonesIn(
  body: { readonly zones?: unknown },
  zones: readonly KnownZone[],
  configured: readonly Zone[],
): KnownZone[] {
  const known = new Set(zones.map(({ name }) => name));
  const named = Array.isArray(body.zones) ? body.zones.map((entry) => entry?.name) : [];
  return named
    .filter((name) => typeof name === 'string' && FORMATS['zone-name'].holds(name))
    .map((name) => ({ ...newZone({ configured }, { name }, '', ''), isConfigured: false }))
    .filter(({ name }) => !known.has(name));
}

/** Formats a document, given as parts of its JSON, as YAML that /apply accepts. Throws ApiError when it would be too large. */
async function yamlOf(parts: readonly string[], yaml: YamlThread): Promise<string> {
  const tooLarge = () => apiError('yamlTooLarge', { max: YAML_EXPORT_OCTETS_MAX });
  // Its JSON is shorter, and is ready much earlier.
  if (parts.reduce((sum, { length }) => sum + length, 0) > YAML_EXPORT_OCTETS_MAX) throw tooLarge();
  const text = await yaml.format(parts.join(''));
  if (Buffer.byteLength(text) > YAML_EXPORT_OCTETS_MAX) throw tooLarge();
  return text;
}

/** Makes the messages about load balancers that these steps write, of which some properties have no effect. */
function withoutEffect(steps: readonly PlannedWrite[]): Message[] {
  return steps
    .flatMap(({ write }) =>
      write.op === 'put' && write.kind === 'load_balancer' ? loadBalancerMessages(write.value) : [],
    )
    .slice(0, WITHOUT_EFFECT_MAX);
}

/** Makes the messages about monitors and groups that these steps write, from the content of the store after them. */
function describedAlike(documents: readonly StoredDocument[], steps: readonly PlannedWrite[]): Message[] {
  return (['monitor', 'monitor_group'] as const).flatMap((kind) => {
    const after = new Map(
      documents.flatMap((each) =>
        each.kind === kind ? [[each.id, each.value as Monitor | MonitorGroup]] : [],
      ),
    );
    const written: (Monitor | MonitorGroup)[] = [];
    for (const { write } of steps) {
      if (write.kind !== kind) continue;
      after.delete(write.id);
      if (write.op !== 'put') continue;
      after.set(write.id, write.value);
      written.push(write.value);
    }
    return sameDescriptionMessages(kind, written, [...after.values()]);
  });
}

/**
 * Makes the changes in as few commits as possible, and adds those that were made to `made`. Returns the last revision; undefined
 * when others wrote one of the objects in between. Throws ApiError when the store refuses.
 */
async function makeChanges(
  store: DocumentStore,
  steps: readonly PlannedWrite[],
  made: PlannedChange[],
  readRevision: number,
): Promise<number | undefined> {
  // Rules of records are about several, and hold at the revision at which they were judged.
  let atRevision = steps.some(({ write }) => write.kind === 'record') ? readRevision : undefined;
  for (let from = 0; ; ) {
    const part = steps.slice(from, endOfCommit(steps, from));
    const changes = part.map(({ change }) => change);
    const committed = await store
      .commit(
        part.map(({ write }) => write),
        undefined,
        atRevision,
      )
      .catch((error: unknown) => {
        if (error instanceof StoreNotReplicated) made.push(...changes);
        throw error;
      });
    if (!committed.ok) {
      if (committed.refusal.kind === 'conflict' || committed.refusal.kind === 'behind') return undefined;
      throw refused(committed.refusal, part[committed.refusal.at]!.draft);
    }
    made.push(...changes);
    from += part.length;
    if (atRevision !== undefined) atRevision = committed.revision;
    if (from >= steps.length) return committed.revision;
  }
}

/**
 * Returns the error of a document of which this number of changes was made before `error`, which may say that nothing was written:
 * that is true only of the rest.
 */
function partlyApplied(count: number, error: unknown): unknown {
  if (error instanceof ApiError) {
    const { errors } = apiError('partlyApplied', { count, why: 'the next errors are about the rest' });
    return new ApiError(error.status, [...errors, ...error.errors], error.headers);
  }
  if (!(error instanceof StoreUnavailable)) return error;
  const later = { 'retry-after': String(RETRY_AFTER_SECONDS) };
  return Object.assign(apiError('partlyApplied', { count, why: whyNot(error) }, later), { cause: error });
}

function whyNot(error: StoreUnavailable): string {
  if (error instanceof StoreDamaged) return `the store has lost data (${error.loss})`;
  if (error instanceof StoreRefused) return `the store refuses it (${error.why})`;
  if (error instanceof StoreNotReplicated)
    return `only ${error.have} of ${error.wanted} replicas of Redis confirmed the last stored ones in time`;
  if (error instanceof StoreUncertain) return 'the store is unreachable, and may have some of it';
  return 'the store is unreachable';
}

/** Returns the end of the commit that begins at `from`. Overrides belong to the commit of their pool, which follows them. */
function endOfCommit(steps: readonly PlannedWrite[], from: number): number {
  const most = Math.min(from + WRITES_MAX, steps.length);
  let end = most;
  while (end > from && steps[end - 1]!.change.kind === 'override') end -= 1;
  return end > from ? end : most;
}
