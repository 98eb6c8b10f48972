import Type from 'typebox';
import { type AdminApp, allowOnly, listParams } from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { zoneInPath } from './known-zone.ts';
import type { ZonesContext } from './routes.ts';

const PATH = '/zones/:zone_id/pagerules';

/** Registers the page rules of zones below the prefix of `app`: none, ever. DNS clients such as octoDNS ask for them. */
export function pageRuleRoutes(app: AdminApp, context: ZonesContext): void {
  app.get(
    PATH,
    {
      schema: {
        tags: ['zones'],
        summary: 'List the page rules of a zone, of which there are none',
        params: listParams('user', { zone_id: Type.String() }),
        response: answers(Type.Array(Type.Object({}), { maxItems: 0 })),
      },
    },
    async (request) => {
      await zoneInPath(context, request);
      return success([]);
    },
  );
  allowOnly(app, PATH, ['GET']);
}
