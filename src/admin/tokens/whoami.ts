import Type from 'typebox';
import { SCOPES } from '../../pool/token.ts';
import { type Caller, callOf } from '../access/call.ts';
import { type AdminApp, allowOnly } from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { oneOf } from '../schema/nullable.ts';
import { TokenBody } from './managed-routes.ts';

const PATH = '/whoami';

/** A token and its rights, without its secret. */
export const Whoami = Type.Object({
  id: Type.String({ description: 'Identifier of the token.' }),
  name: Type.String(),
  scope: oneOf(SCOPES),
  pool_prefix: Type.Optional(
    Type.String({ description: 'It may change only pools whose name begins with this.' }),
  ),
  records: TokenBody.properties.records,
  expires_on: Type.Optional(Type.String({ format: 'rfc3339-time' })),
});

/** Formats a token and its rights for the API. */
export function whoamiView({ id, name, scope, poolPrefix, records, expiresOn }: Caller) {
  return {
    id,
    name,
    scope,
    ...(poolPrefix === undefined ? {} : { pool_prefix: poolPrefix }),
    ...(records === undefined ? {} : { records }),
    ...(expiresOn === undefined ? {} : { expires_on: expiresOn }),
  };
}

/** Registers the route that says what the token of the request may do. */
export function whoamiRoute(app: AdminApp): void {
  app.get(
    PATH,
    {
      schema: {
        tags: ['tokens'],
        summary: 'Show the token of the request and its rights',
        response: answers(Whoami),
      },
    },
    async (request) => success(whoamiView(callOf(request).caller)),
  );
  allowOnly(app, PATH, ['GET']);
}
