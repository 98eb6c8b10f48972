import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { eachInPieces } from '../../pace/each-in-pieces.ts';
import { BACKUP_TYPE } from '../../store/backup/backup.ts';
import { type Backup, readBackup } from '../../store/backup/read-backup.ts';
import { writeBackup } from '../../store/backup/write-backup.ts';
import {
  type Configuration,
  type Documents,
  documentName,
  type Kind,
  WRITES_MAX,
  type Write,
} from '../../store/contract/documents.ts';
import { StoreNotReplicated } from '../../store/contract/failure.ts';
import { documentCount } from '../../store/reading/all-documents.ts';
import { programVersion } from '../../telemetry/version.ts';
import type { Zone } from '../../zone/zone.ts';
import { type Call, callOf } from '../access/call.ts';
import { checkAdmin } from '../access/rights.ts';
import { createShares, sharing } from '../access/shares.ts';
import { type AdminApp, type AdminContext, allowOnly } from '../app.ts';
import { allowTime } from '../http/connections.ts';
import { answers, answersText, success } from '../http/envelope.ts';
import { ApiError, apiError } from '../http/errors.ts';
import { invalid } from '../http/problem.ts';
import { RETRY_AFTER_SECONDS, refused, WRITE_ATTEMPTS_MAX, writeContention } from '../resource/write.ts';
import { oneOf } from '../schema/nullable.ts';
import { configuredZone } from '../zones/known-zone.ts';
import { planRestore, type RestorePlan } from './plan.ts';

/** Maximum number of backups, and of restores, at a time; a restore may take a GiB of memory. */
export const BACKED_UP = { what: 'backups', total: 2, perToken: 1, reserved: 1 };
export const RESTORED = { what: 'restores', total: 1, perToken: 1, reserved: 0 };
/** Time limit for a restore, milliseconds: its body may come as slowly as that, and its connection may be quiet while it is written. */
export const RESTORE_MS_MAX = 600_000;

const BACKUP = '/backup';
const RESTORE = '/restore';

const Restored = Type.Object({
  dry_run: Type.Boolean(),
  made_on: Type.String({ description: 'When the backup was made.' }),
  made_by: Type.String({ description: 'The version of Lifeguard that made it.' }),
  backup_revision: Type.Integer({ description: 'The revision of the store that it has.' }),
  damaged: Type.Array(Type.String(), {
    description: 'Documents that the backup lacks, since they could not be read when it was made.',
  }),
  revision: Type.Union([Type.Integer(), Type.Null()], { description: 'The last revision that was written.' }),
  created: Type.Integer(),
  changed: Type.Integer(),
  deleted: Type.Integer(),
  unchanged: Type.Integer(),
});

/** Registers the routes that make a backup of everything configured, and restore one, below the prefix of `app`. */
export async function backupRoutes(
  app: AdminApp,
  context: AdminContext & { readonly configured: readonly Zone[] },
): Promise<void> {
  backupRoute(app, context);
  allowOnly(app, BACKUP, ['GET']);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', async (_: FastifyRequest, payload: Readable) => payload);
  restoreRoute(app, context);
  allowOnly(app, RESTORE, ['POST']);
}

function backupRoute(app: AdminApp, { store, epochMs }: AdminContext): void {
  app.get(
    BACKUP,
    {
      onRequest: [forAdmins('make a backup'), sharing(createShares(BACKED_UP))],
      schema: {
        tags: ['apply'],
        summary: 'Make a backup of everything that is configured with the API',
        response: answersText(
          BACKUP_TYPE,
          'The backup: a head, a document a line, and an end with a digest.',
        ),
      },
    },
    async (_, reply) => {
      const read = await store.read();
      const about = { lifeguard: programVersion(), madeOn: new Date(epochMs()).toISOString() };
      return reply.type(BACKUP_TYPE).send(Readable.from(writeBackup(read, about)));
    },
  );
}

function restoreRoute(
  app: AdminApp,
  { store, limiter, orphans, configured }: AdminContext & { readonly configured: readonly Zone[] },
): void {
  const flag = (description: string) => Type.Optional(oneOf(['true', 'false'], { description }));
  app.post(
    RESTORE,
    {
      onRequest: [
        forAdmins('restore a backup'),
        sharing(createShares(RESTORED)),
        async ({ raw }) => {
          allowTime(raw, RESTORE_MS_MAX);
          raw.socket.setTimeout(RESTORE_MS_MAX);
        },
      ],
      schema: {
        tags: ['apply'],
        summary: 'Restore a backup, of which nothing is written before all of it is judged',
        consumes: [BACKUP_TYPE],
        querystring: Type.Object({
          dry_run: flag('Judge the backup, count what would change, and change nothing.'),
          replace: flag('Replace what the store has: what the backup does not have is deleted.'),
        }),
        response: answers(Restored),
      },
    },
    async (request, reply) => {
      const { head, documents } = await backupIn(request);
      refuseConfiguredZones(documents, configured);
      const isDry = request.query.dry_run === 'true';
      const call = callOf(request);
      call.isAuditedTogether = true;
      const progress: Progress = { made: 0, revision: undefined };
      const counts = { created: 0, changed: 0, deleted: 0, unchanged: documents.length };
      // Each of its deletes would make the plan again, which with many records takes longer than the next one takes to come.
      return orphans.holdWhile(async () => {
        for (let attempts = 0; attempts < WRITE_ATTEMPTS_MAX; attempts += 1) {
          const read = await store.read();
          const isBegun = progress.made > 0;
          if (!isBegun) refuseStore(read, request.query.replace === 'true');
          const plan = await planRestore(read, documents);
          if (!isBegun) {
            const { created, changed, deleted, unchanged } = plan;
            Object.assign(counts, { created, changed, deleted, unchanged });
            await limiter.check(call.caller, await changesOf(plan, read));
          }
          const isDone = isDry || (await restored(store, call, plan, read.revision, progress));
          if (!isDone) continue;
          const { revision = null } = progress;
          if (!isDry) reply.log.info({ ...counts, revision }, 'backup restored');
          if (revision !== null) reply.header('x-lifeguard-revision', revision);
          return success({
            dry_run: isDry,
            made_on: head.madeOn,
            made_by: head.lifeguard,
            backup_revision: head.revision,
            damaged: [...head.damaged, ...(head.loss === undefined ? [] : [head.loss])],
            revision,
            ...counts,
          });
        }
        throw inPart(progress, writeContention());
      });
    },
  );
}

/** Makes a hook that lets tokens of scope admin use a route, before the body is read. */
function forAdmins(what: string): (request: FastifyRequest) => Promise<void> {
  return async (request) => checkAdmin(callOf(request).caller, what);
}

/** Reads the backup in the body of a request. Throws ApiError with its problems. */
async function backupIn(request: FastifyRequest): Promise<Backup> {
  const body = request.body as Readable | undefined;
  const read = await readBackup(body ?? Readable.from([]));
  if (read.ok) return read.backup;
  const problems = read.problems.map(({ path, message }) => ({
    pointer: '',
    rule: '',
    sentence: `${path}: ${message}.`,
  }));
  throw invalid(problems, 'badBackup', read.count);
}

/** Throws ApiError for a backup with a zone that the configuration file has, which would not be served. */
function refuseConfiguredZones(documents: Backup['documents'], configured: readonly Zone[]): void {
  const names = new Set(configured.map((zone) => configuredZone(zone).name));
  const problems = documents.flatMap(({ kind, value }, i) =>
    kind === 'zone' && names.has(value.name)
      ? [
          {
            pointer: '',
            rule: '',
            sentence: `line ${i + 2}: the zone ${value.name} must not be in the configuration file as well.`,
          },
        ]
      : [],
  );
  if (problems.length > 0) throw invalid(problems, 'badBackup');
}

/** Throws ApiError for a store into which nothing can be restored, or nothing without a decision to replace what it has. */
function refuseStore(read: Configuration, isReplacing: boolean): void {
  const { loss, damaged } = read;
  if (loss !== undefined || damaged !== undefined)
    throw apiError('storeDamaged', { why: loss ?? 'some of its documents cannot be read' });
  const count = documentCount(read);
  if (count > 0 && !isReplacing) throw apiError('storeNotEmpty', { count });
}

/** The changes of a plan, for limits. */
async function changesOf({ writes }: RestorePlan, { documents, records }: Configuration) {
  const before = new Map<string, Documents[Kind]>();
  await eachInPieces(documents, (each) => void before.set(documentName(each), each.value));
  const left = new Set<string>();
  const changes: { readonly write: Write; readonly before: Documents[Kind] | undefined }[] = [];
  await eachInPieces(writes, (write) => {
    const name = documentName(write);
    const was = left.has(name) ? undefined : (before.get(name) ?? records?.get(write.id)?.value);
    left.add(name);
    changes.push({ write, before: was });
  });
  return changes;
}

/** What of a restore was written, by all attempts. */
interface Progress {
  made: number;
  revision: number | undefined;
}

/**
 * Makes the writes of a plan in as few commits as possible, each at the revision that the one before made. Returns false when others
 * wrote in between. Throws ApiError, which says how much was written.
 */
async function restored(
  store: AdminContext['store'],
  { seen }: Call,
  { writes }: RestorePlan,
  readRevision: number,
  progress: Progress,
): Promise<boolean> {
  let atRevision = readRevision;
  seen.clear();
  for (let from = 0; from < writes.length; from += WRITES_MAX) {
    const some = writes.slice(from, from + WRITES_MAX);
    try {
      const committed = await store.commit(some, undefined, atRevision);
      if (!committed.ok) {
        if (committed.refusal.kind === 'behind' || committed.refusal.kind === 'conflict') return false;
        throw refused(committed.refusal, { unique: [], references: [] });
      }
      atRevision = committed.revision;
    } catch (error) {
      // The store made this commit. After the last one the whole backup is restored.
      if (error instanceof StoreNotReplicated) {
        if (from + some.length >= writes.length) throw error;
        progress.made += some.length;
      }
      throw inPart(progress, error);
    }
    progress.made += some.length;
    progress.revision = atRevision;
  }
  return true;
}

/** Returns the error of a restore, some writes of which were made before `error`, which may say that nothing was written. */
function inPart({ made }: Progress, error: unknown): unknown {
  if (made === 0) return error;
  const { status, errors } = apiError('restoredInPart', { count: made });
  if (error instanceof ApiError)
    return new ApiError(error.status, [...errors, ...error.errors], error.headers);
  const later = { 'retry-after': String(RETRY_AFTER_SECONDS) };
  return Object.assign(new ApiError(status, errors, later), { cause: error });
}
