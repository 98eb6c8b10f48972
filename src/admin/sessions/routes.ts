import Type from 'typebox';
import type { Admission } from '../access/admission.ts';
import { proofOf, TOKEN_MAX } from '../access/auth.ts';
import { type AdminApp, allowOnly } from '../app.ts';
import { success } from '../http/envelope.ts';
import { apiError } from '../http/errors.ts';
import { invalid } from '../http/problem.ts';
import { timestamp } from '../schema/timestamp.ts';
import { bodyProblems, objectBodyOf } from '../schema/validate.ts';
import { whoamiView } from '../tokens/whoami.ts';
import { checkFromPage, sessionIdOf, setSessionCookie } from './cookie.ts';
import { SESSION_MS } from './sessions.ts';

const PATH = '/session';

const SessionBody = Type.Object(
  {
    token: Type.Optional(Type.String({ minLength: 1, maxLength: TOKEN_MAX })),
    code: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: TOKEN_MAX,
      }),
    ),
  },
  { additionalProperties: false },
);
/**
 * Registers the routes that begin and end the session of a browser. They need no other credential, and are not for programs, so that
 * the OpenAPI document has none of them.
 */
export function sessionRoutes(
  app: AdminApp,
  { sessions, bySession, callerOf, checkSecret }: Admission,
): void {
  app.get(
    PATH,
    {
      schema: { hide: true },
    },
    async (request) => {
      const caller = await bySession(request);
      return success(caller === undefined ? null : whoamiView(caller));
    },
  );
  app.post(
    PATH,
    {
      schema: { hide: true, body: SessionBody },
      attachValidation: true,
      onRequest: async (request) => checkFromPage(request),
    },
    async (request, reply) => {
      const body = objectBodyOf(request);
      const problems = bodyProblems(request, body, ({ token, code }) =>
        (token === undefined) === (code === undefined)
          ? [{ pointer: '', rule: 'must have either token or code' }]
          : [],
      );
      if (problems.length > 0) throw invalid(problems);
      const { token, code } = body as { token?: string; code?: string };
      const proof = token === undefined ? sessions.takeCode(code!) : proofOf(token);
      const caller =
        token === undefined ? proof && (await callerOf(proof)) : await checkSecret(request, token);
      if (proof === undefined || caller === undefined) throw apiError('codeEnded');
      const { id, endMs } = sessions.begin(proof);
      setSessionCookie(reply, id, SESSION_MS / 1_000);
      reply.log.info({ token: caller.name }, 'A session of the dashboard began.');
      return success({ token: caller.name, ends_at: timestamp(endMs) });
    },
  );
  app.delete(
    PATH,
    {
      schema: { hide: true },
      onRequest: async (request) => checkFromPage(request),
    },
    async (request, reply) => {
      const id = sessionIdOf(request);
      if (id !== undefined) sessions.end(id);
      setSessionCookie(reply, '', 0);
      return success(null);
    },
  );
  allowOnly(app, PATH, ['GET', 'POST', 'DELETE']);
}
