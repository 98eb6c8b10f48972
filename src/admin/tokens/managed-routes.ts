import { randomBytes } from 'node:crypto';
import Type, { type Static } from 'typebox';
import { poolNameKey } from '../../pool/pool-name.ts';
import { RIGHTS_LISTED_MAX, recordRightsOf } from '../../pool/record-rights.ts';
import { type ConfiguredToken, SCOPES, type Token } from '../../pool/token.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import { hashToken, tokenId } from '../access/auth.ts';
import { callOf } from '../access/call.ts';
import { checkAdmin } from '../access/rights.ts';
import { writeFields } from '../access/write-log.ts';
import type { AdminApp, AdminContext } from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { invalid, type Problem } from '../http/problem.ts';
import { resourceRoutes } from '../resource/routes.ts';
import { timestamp } from '../schema/timestamp.ts';
import { bodyProblems, objectBodyOf } from '../schema/validate.ts';
import { TOKEN } from './kind.ts';
import { storeToken } from './store-token.ts';
import { tokenView } from './view.ts';

/** Octets of randomness in a secret. */
const SECRET_OCTETS = 32;
/** Prefix of our secrets, so that people and scanners recognise them. */
const SECRET_PREFIX = 'lifeguard_';

/** The largest quota of a token. */
const QUOTA_MAX = 10_000_000;

function rightsList(format: string, description: string) {
  const items = Type.String({ format });
  return Type.Optional(Type.Array(items, { minItems: 1, maxItems: RIGHTS_LISTED_MAX, description }));
}

/** The properties of a new token. */
export const TokenBody = Type.Object(
  {
    name: Type.String({ format: 'token-name', description: 'Unique, whatever its case; events show it.' }),
    scope: Type.String({ enum: [...SCOPES] }),
    pool_prefix: Type.Optional(
      Type.String({
        format: 'pool-name',
        description: 'Scope edit only: the token may write only pools whose name begins with this.',
      }),
    ),
    records: Type.Optional(
      Type.Object(
        {
          zones: rightsList('zone-name', 'Zones of which it may use records.'),
          names: rightsList('name-pattern', 'Names of records; `*` stands for any characters.'),
          types: rightsList('record-type', 'Types of records.'),
        },
        {
          additionalProperties: false,
          minProperties: 1,
          description:
            'Scope read or edit: the token may use only zones and these records, and nothing else.',
        },
      ),
    ),
    documents_max: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: QUOTA_MAX,
        description: 'Scope edit only: maximum number of objects that the token may write.',
      }),
    ),
    endpoints_max: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: QUOTA_MAX,
        description: 'Scope edit only: maximum number of endpoints in all pools that the token may write.',
      }),
    ),
    expires_on: Type.Optional(
      Type.String({ format: 'rfc3339-time', description: 'RFC 3339, in the future.' }),
    ),
  },
  { additionalProperties: false },
);

const TokenView = Type.Object({
  id: Type.String(),
  ...TokenBody.properties,
  created_on: Type.String(),
});
const NewToken = Type.Object({
  ...TokenView.properties,
  token: Type.String({ description: 'The secret, which is never shown again.' }),
});

const LIST = '/tokens';
const TAG = 'tokens';

/** Registers the routes by which tokens are made and ended: for admin tokens alone. `configured`: those of the configuration, which a reload changes. */
export function managedTokenRoutes(
  app: AdminApp,
  context: AdminContext,
  configured: () => readonly ConfiguredToken[],
): void {
  const { store, epochMs } = context;
  const taken = () => new Set(configured().map(({ name }) => name.toLowerCase()));

  app.post(
    LIST,
    {
      config: { writes: 'token' },
      schema: { tags: [TAG], summary: 'Create a token', body: TokenBody, response: answers(NewToken) },
      attachValidation: true,
    },
    async (request, reply) => {
      checkAdmin(callOf(request).caller, 'make tokens');
      const body = objectBodyOf(request);
      const problems = bodyProblems(request, body, (whole) => problemsOf(whole, taken(), epochMs()));
      if (problems.length > 0) throw invalid(problems);
      const secret = SECRET_PREFIX + randomBytes(SECRET_OCTETS).toString('base64url');
      const value = tokenOf(body, secret, epochMs());
      const revision = await storeToken(store, value);
      reply.log.info({ made: value.name, scope: value.scope, revision, ...writeFields() }, 'token created');
      reply.header('x-lifeguard-revision', revision);
      return success({ ...tokenView(value), token: secret });
    },
  );

  resourceRoutes<'token', never>(app, context, {
    kind: TOKEN,
    form: 'user',
    path: LIST,
    tag: TAG,
    View: TokenView,
    views: (tokens) => tokens.map(tokenView),
    logFields: (id) => ({ ended: id }),
    check: (caller, action) => checkAdmin(caller, `${action} tokens`),
    list: {
      all: async () => {
        const { documents } = await store.read();
        return documentsOf(documents, 'token')
          .map(({ value }) => value)
          .sort((a, b) => (a.name < b.name ? -1 : 1));
      },
    },
    deletion: 'identifier',
    further: ['POST'],
  });
}

function problemsOf(
  body: Readonly<Record<string, unknown>>,
  taken: ReadonlySet<string>,
  epochMs: number,
): Problem[] {
  const problems: Problem[] = [];
  const { name, scope, pool_prefix: prefix, records, expires_on: end } = body;
  if (typeof name === 'string' && taken.has(name.toLowerCase()))
    problems.push({ pointer: '/name', rule: 'is the name of a token in the configuration' });
  for (const quota of ['documents_max', 'endpoints_max'])
    if (body[quota] !== undefined && scope !== 'edit')
      problems.push({ pointer: `/${quota}`, rule: 'is allowed only with scope edit' });
  if (records !== undefined && scope === 'admin')
    problems.push({ pointer: '/records', rule: 'is allowed only with scope read or edit' });
  if (records !== undefined && prefix !== undefined)
    problems.push({ pointer: '/records', rule: 'is not allowed together with pool_prefix' });
  if (prefix !== undefined && scope !== 'edit')
    problems.push({ pointer: '/pool_prefix', rule: 'is allowed only with scope edit' });
  if (typeof end === 'string' && Date.parse(end) <= epochMs)
    problems.push({ pointer: '/expires_on', rule: 'must be in the future' });
  return problems;
}

function tokenOf(body: Static<typeof TokenBody>, secret: string, epochMs: number): Token {
  const now = timestamp(epochMs);
  return {
    id: tokenId(secret),
    name: body.name,
    hash: hashToken(secret),
    scope: body.scope as Token['scope'],
    ...(body.pool_prefix === undefined ? {} : { poolPrefix: poolNameKey(body.pool_prefix) }),
    ...(body.records === undefined ? {} : { records: recordRightsOf(body.records) }),
    ...(body.documents_max === undefined ? {} : { documentsMax: body.documents_max }),
    ...(body.endpoints_max === undefined ? {} : { endpointsMax: body.endpoints_max }),
    ...(body.expires_on === undefined ? {} : { expiresOn: body.expires_on }),
    createdOn: now,
    modifiedOn: now,
  };
}
