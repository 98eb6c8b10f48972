import { Readable } from 'node:stream';
import Type from 'typebox';
import { TextError } from '../../../input/reader.ts';
import { serialBaseOf } from '../../../store/integrity/epoch.ts';
import { NO_ZONE_RECORDS } from '../../../store/reading/records.ts';
import { decodeZoneFile } from '../../../zone-file/decode.ts';
import { callOf } from '../../access/call.ts';
import type { Limiter } from '../../access/limiter.ts';
import { createShares, sharing } from '../../access/shares.ts';
import { writeFields } from '../../access/write-log.ts';
import { type AdminApp, allowOnly, listParams } from '../../app.ts';
import { damageWords } from '../../damage-message.ts';
import { answers, answersText, type Message, success } from '../../http/envelope.ts';
import { apiError } from '../../http/errors.ts';
import { invalid } from '../../http/problem.ts';
import { oneOf } from '../../schema/nullable.ts';
import type { ZonesContext } from '../../zones/routes.ts';
import { servedOf } from '../own-records.ts';
import { placeOf, zoneKeyOf } from '../plan.ts';
import { type DraftRecord, draftRecords } from './draft-records.ts';
import { exportZone } from './export.ts';
import { importRecords, problemAt } from './import.ts';
import { IMPORT_OCTETS_MAX, takeZoneFiles, type Upload } from './upload.ts';

/** Maximum number of imports at a time, each of which may take a hundred MiB of memory. */
export const IMPORTED = { what: 'imports', total: 4, perToken: 2, reserved: 1 };

/** Codes of messages: records were left out, because they are settings of the zone; because they are there already. */
const LEFT_OUT = 10104;
const THERE_ALREADY = 10105;

/** Time limit for an import, milliseconds: its connection may be quiet for longer than others. */
export const IMPORT_MS_MAX = 600_000;

const LIST = '/zones/:zone_id/dns_records';
const EXPORT = `${LIST}/export`;
const IMPORT = `${LIST}/import`;
const ZONE = { zone_id: Type.String() };
const tags = ['records'];

/** Registers the routes for zone files below the prefix of `app`, which takes nothing but zone files. */
export async function zoneFileRoutes(
  app: AdminApp,
  context: ZonesContext & { readonly limiter: Limiter },
): Promise<void> {
  exportRoute(app, context);
  allowOnly(app, EXPORT, ['GET']);
  takeZoneFiles(app);
  importRoute(app, context);
  allowOnly(app, IMPORT, ['POST']);
}

function exportRoute(app: AdminApp, context: ZonesContext): void {
  app.get(
    EXPORT,
    {
      schema: {
        tags,
        summary: 'Export the records of a zone as a zone file',
        params: listParams('user', ZONE),
        response: answersText('text/plain', 'The zone file.'),
      },
    },
    async (request, reply) => {
      const { zone, own } = await placeOf(context, request);
      const read = await context.store.read();
      const { records, epoch, revision } = read;
      const served = servedOf(zone, context.configured);
      if (served === undefined) throw apiError('notFound');
      const ofApi = records?.inZone(zoneKeyOf(zone)) ?? NO_ZONE_RECORDS;
      // Never below the one that is served, so that other servers take the later one of two exports.
      const serial = (serialBaseOf(epoch) + revision) >>> 0;
      return reply
        .type('text/plain; charset=utf-8')
        .send(Readable.from(exportZone(served, serial, { own, ofApi }, damageWords(read))));
    },
  );
}

const Imported = Type.Object({
  recs_added: Type.Integer({ description: 'Records that were added.' }),
  total_records_parsed: Type.Integer({ description: 'Records of the file, with those that were not added.' }),
});

const Timing = Type.Object({
  start_time: Type.String(),
  end_time: Type.String(),
  process_time: Type.Number({ description: 'Seconds.' }),
});

/** What an import takes: a form, or the file alone. It only describes; the body is read in pieces. */
const ImportBody = {
  content: {
    'multipart/form-data': {
      schema: Type.Object({
        file: Type.String({ format: 'binary', description: 'The zone file.' }),
        proxied: Type.Optional(oneOf(['true', 'false'])),
      }),
    },
    'text/plain': { schema: Type.String({ description: 'The zone file.' }) },
  },
};

function importRoute(app: AdminApp, context: ZonesContext & { readonly limiter: Limiter }): void {
  app.post(
    IMPORT,
    {
      onRequest: sharing(createShares(IMPORTED)),
      bodyLimit: IMPORT_OCTETS_MAX,
      config: { writes: 'record' },
      schema: {
        tags,
        summary: 'Add the records of a zone file to a zone, all of them or none',
        body: ImportBody,
        params: listParams('user', ZONE),
        response: answers(Imported, 'single', { timing: Timing }),
      },
      validatorCompiler: (route) => (route.httpPart === 'body' ? () => true : app.validatorCompiler!(route)),
    },
    async (request, reply) => {
      const startMs = context.epochMs();
      request.raw.socket.setTimeout(IMPORT_MS_MAX);
      // An import of a large zone would push all other events out of the trail.
      const call = callOf(request);
      call.isAuditedTogether = true;
      const place = await placeOf(context, request);
      const { records, ofSettings } = await draftsOf(request.body as Upload | undefined, place.zone, startMs);
      const { added, present, revision } = await importRecords(context, call.caller, place, records);
      reply.log.info(
        { zone: place.zone.name, records: added, revision, ...writeFields() },
        'records imported',
      );
      if (revision !== undefined) reply.header('x-lifeguard-revision', revision);
      const result = { recs_added: added, total_records_parsed: records.length + ofSettings };
      const messages = messagesOf({ ofSettings, present });
      return { ...success(result, { messages }), timing: timingOf(startMs, context.epochMs()) };
    },
  );
}

/** Reads the records of an upload. Throws ApiError with the places of all problems. */
async function draftsOf(
  upload: Upload | undefined,
  zone: Parameters<typeof zoneKeyOf>[0],
  epochMs: number,
): Promise<{ records: readonly DraftRecord[]; ofSettings: number }> {
  const { octets, name, proxied } = upload ?? { octets: new Uint8Array(0), name: 'file' };
  if (proxied !== undefined && proxied !== 'true' && proxied !== 'false')
    throw invalid([{ pointer: '/proxied', rule: 'must be true or false', error: 'recordProxied' }]);
  const text = decoded(octets, name);
  const options = { zone: zoneKeyOf(zone), isProxied: proxied === 'true', epochMs };
  const { records, ofSettings, problems } = await draftRecords({ file: name, text }, options);
  if (problems.length > 0)
    throw invalid(
      problems.map(({ path, message }) => problemAt(path, message)),
      'recordField',
    );
  if (records.length + ofSettings === 0) throw invalid([problemAt(name, 'has no records.')], 'recordField');
  return { records, ofSettings };
}

function decoded(octets: Uint8Array, name: string): string {
  try {
    return decodeZoneFile(octets);
  } catch (error) {
    if (error instanceof TextError) throw invalid([problemAt(name, error.message)], 'recordField');
    throw error;
  }
}

function messagesOf({ ofSettings, present }: { ofSettings: number; present: number }): Message[] {
  const messages: Message[] = [];
  const say = (code: number, message: string) => messages.push({ code, message, type: null });
  if (ofSettings > 0)
    say(
      LEFT_OUT,
      `Records that were not added, because SOA and NS of the apex are settings of the zone: ${ofSettings}.`,
    );
  if (present > 0)
    say(
      THERE_ALREADY,
      `Records that were not added, because the zone or the file has them already: ${present}.`,
    );
  return messages;
}

/** The times of a request as the reference has them. */
function timingOf(startMs: number, endMs: number) {
  return {
    start_time: new Date(startMs).toISOString(),
    end_time: new Date(endMs).toISOString(),
    process_time: (endMs - startMs) / 1_000,
  };
}
