import Type from 'typebox';
import { callOf } from '../access/call.ts';
import { type AdminApp, allowOnly, listParams, type PathForm } from '../app.ts';
import { answers, success } from '../http/envelope.ts';

const VERIFY = '/tokens/verify';
const VALID = { code: 10000, message: 'This API Token is valid and active', type: null };

/** Registers the route that verifies the token of the request. */
export function tokenRoutes(app: AdminApp, form: PathForm): void {
  const result = Type.Object({
    id: Type.String(),
    status: Type.String({ enum: ['active'] }),
    expires_on: Type.Optional(Type.String()),
  });
  app.get(
    VERIFY,
    {
      schema: {
        tags: ['tokens'],
        summary: 'Check that the token is valid',
        params: listParams(form),
        response: answers(result),
      },
    },
    async (request) => {
      const { id, expiresOn } = callOf(request).caller;
      const end = expiresOn === undefined ? {} : { expires_on: expiresOn };
      return success({ id, status: 'active', ...end }, { messages: [VALID] });
    },
  );
  allowOnly(app, VERIFY, ['GET']);
}
