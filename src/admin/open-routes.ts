import Type from 'typebox';
import type { RaisedAlarm } from '../event/transitions.ts';
import { type AdminApp, allowOnly } from './app.ts';
import { REFUSALS } from './http/envelope.ts';

/** What the routes about the process show. */
export interface ProcessState {
  /** Returns true when this process can answer queries correctly. */
  readonly ready: () => boolean;
  /** Describes what is wrong with the store, in one sentence; undefined: nothing. */
  readonly storeTrouble: () => string | undefined;
  /** The names of the alarms that are raised on this node, each once. */
  readonly alarms: () => readonly string[];
  /** These alarms. */
  readonly raised: () => readonly RaisedAlarm[];
}

/** Registers the routes about the process, which need no credential. */
export function openRoutes(app: AdminApp, { ready, storeTrouble, alarms }: ProcessState): void {
  const schema = { tags: ['process'], security: [] };
  const live = {
    200: Type.Object({ live: Type.Boolean() }, { description: 'The process is alive.' }),
    ...REFUSALS,
  };
  app.get(
    '/livez',
    { schema: { ...schema, summary: 'Show whether the process is alive', response: live } },
    async () => ({ live: true }),
  );
  const trouble = Type.Optional(
    Type.String({ description: 'What is wrong with the store; answers stay. Absent: nothing.' }),
  );
  const raised = Type.Optional(Type.Array(Type.String(), { description: 'Raised alarms; absent: none.' }));
  const readiness = (description: string) =>
    Type.Object({ ready: Type.Boolean(), store: trouble, alarms: raised }, { description });
  const readable = {
    200: readiness('The node can answer queries correctly.'),
    503: readiness('The node cannot answer queries correctly yet.'),
    ...REFUSALS,
  };
  app.get(
    '/readyz',
    {
      schema: {
        ...schema,
        summary: 'Show whether the node can answer queries correctly',
        response: readable,
      },
    },
    async (_, reply) => {
      const isReady = ready();
      reply.code(isReady ? 200 : 503);
      const store = storeTrouble();
      const names = alarms();
      return {
        ready: isReady,
        ...(store === undefined ? {} : { store }),
        ...(names.length > 0 && { alarms: [...names] }),
      };
    },
  );
  for (const url of ['/livez', '/readyz']) allowOnly(app, url, ['GET']);
}
