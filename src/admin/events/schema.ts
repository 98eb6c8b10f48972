import Type from 'typebox';
import { nullable, oneOf } from '../nullable.ts';

const common = {
  id: Type.String({ description: 'Place in the order of events.' }),
  time: Type.String({ format: 'rfc3339-time' }),
};

/** An endpoint turned, as one region sees it by one monitor. */
const HealthEvent = Type.Object({
  ...common,
  kind: Type.Literal('health'),
  pool: Type.Object({ id: Type.String(), name: Type.String() }),
  endpoint: Type.String(),
  address: Type.String(),
  monitor: Type.String({ description: 'Its identifier.' }),
  was: oneOf(['healthy', 'unhealthy', 'unknown']),
  now: oneOf(['healthy', 'unhealthy']),
  reason: Type.String(),
  region: Type.String(),
  worker: Type.String(),
});

/** Somebody changed an object by this API. */
const AuditEvent = Type.Object({
  ...common,
  kind: Type.Literal('audit'),
  token: Type.String({ description: 'Name of the token.' }),
  method: Type.String(),
  object: Type.Object({ kind: Type.String(), id: Type.String(), name: Type.Optional(Type.String()) }),
  before: Type.Unknown({ description: 'The object as it was; null: there was none.' }),
  after: Type.Unknown({ description: 'The object as it is; null: there is none.' }),
  revision: Type.Integer(),
});

/** A page of events, newest first. */
export const EventPage = Type.Object({
  events: Type.Array(Type.Union([HealthEvent, AuditEvent])),
  next: nullable(Type.String({ description: '`before` of the next page; null: this was the last.' })),
});
