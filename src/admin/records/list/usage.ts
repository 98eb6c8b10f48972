import Type from 'typebox';
import { RECORDS_OF_ZONE_MAX } from '../../../zone/dns-record.ts';
import { type AdminApp, allowOnly, listParams, type PathForm } from '../../app.ts';
import { answers, success } from '../../http/envelope.ts';
import { nullable } from '../../schema/nullable.ts';
import { zoneInPath } from '../../zones/known-zone.ts';
import type { ZonesContext } from '../../zones/routes.ts';
import { zoneKeyOf } from '../plan.ts';

const Usage = Type.Object({
  record_quota: nullable(
    Type.Integer({ description: 'Records at most; null: what `limits.records_max` allows.' }),
  ),
  record_usage: Type.Integer({ description: 'Records of the API.' }),
});

/** Registers how many records a zone has, or in the form of accounts all zones have, below the prefix of `app`. */
export function recordUsageRoute(app: AdminApp, context: ZonesContext, form: PathForm): void {
  const isOfZone = form === 'user';
  const path = isOfZone ? '/zones/:zone_id/dns_records/usage' : '/dns_records/usage';
  app.get(
    path,
    {
      schema: {
        tags: ['records'],
        summary: isOfZone ? 'Count the records of a zone' : 'Count the records of all zones',
        params: listParams(form, isOfZone ? { zone_id: Type.String() } : {}),
        response: answers(Usage),
      },
    },
    async (request) => {
      const zone = isOfZone ? await zoneInPath(context, request) : undefined;
      const { records } = await context.store.read();
      if (zone === undefined) return success({ record_quota: null, record_usage: records?.size ?? 0 });
      const count = records?.inZone(zoneKeyOf(zone)).size ?? 0;
      return success({ record_quota: RECORDS_OF_ZONE_MAX, record_usage: count });
    },
  );
  allowOnly(app, path, ['GET']);
}
