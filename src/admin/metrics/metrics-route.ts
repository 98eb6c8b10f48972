import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Metrics } from '../../telemetry/scrape.ts';
import { type AdminApp, allowOnly } from '../app.ts';
import { answersText } from '../http/envelope.ts';

const PATH = '/metrics';

/** Registers the route for Prometheus; `admit` throws unless the request is allowed. */
export function metricsRoute(
  app: AdminApp,
  metrics: Metrics,
  admit: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
): void {
  const schema = {
    tags: ['process'],
    summary: 'Show the metrics of the node, for Prometheus',
    response: answersText('text/plain', 'The text format of Prometheus.'),
  };
  app.get(
    PATH,
    { schema, onRequest: async (request, reply) => void (await admit(request, reply)) },
    async (_, reply) => {
      const text = await metrics.text();
      return reply.type(metrics.contentType).serializer(String).send(text);
    },
  );
  allowOnly(app, PATH, ['GET']);
}
