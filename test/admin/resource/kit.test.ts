import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { fastify } from 'fastify';
import Type from 'typebox';
import { expect, onTestFinished, test } from 'vitest';
import { beginCall, type Caller, duringCall } from '../../../src/admin/access/call.ts';
import { guardStore } from '../../../src/admin/access/guarded-store.ts';
import { createLimiter } from '../../../src/admin/access/limiter.ts';
import type { AdminApp } from '../../../src/admin/app.ts';
import { errorAnswers } from '../../../src/admin/http/answer-errors.ts';
import { answers, success } from '../../../src/admin/http/envelope.ts';
import { apiError } from '../../../src/admin/http/errors.ts';
import { parseJsonBody } from '../../../src/admin/http/json-body.ts';
import { monitorBodyOf, monitorOf } from '../../../src/admin/monitors/body.ts';
import { MONITOR } from '../../../src/admin/monitors/kind.ts';
import { monitorBody } from '../../../src/admin/monitors/schema.ts';
import { monitorView } from '../../../src/admin/monitors/view.ts';
import { oldestFirst } from '../../../src/admin/resource/oldest-first.ts';
import { resourceRoutes } from '../../../src/admin/resource/routes.ts';
import { lateValidators } from '../../../src/admin/schema/late-validators.ts';
import { LIMITS_DEFAULT } from '../../../src/pool/limits.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';

const intervals = { minSeconds: 1, maxSeconds: 60 };
const admin: Caller = { id: 'a', name: 'admin', scope: 'admin' };
const ZONES = ['1'.repeat(32), '2'.repeat(32)];
const pathOf = (zone: string | undefined) => `/zones/${zone}/checks`;

/**
 * An API whose one resource belongs to zones, as records and load balancers do: monitors whose description names the zone, with
 * an envelope and errors of their own.
 */
async function startZoned() {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-kit-'));
  const raw = openEmbeddedStore(join(directory, 'store.db'));
  const app: AdminApp = fastify().withTypeProvider<TypeBoxTypeProvider>();
  onTestFinished(async () => {
    await app.close();
    await raw.close();
    rmSync(directory, { recursive: true });
  });
  const store = guardStore(raw, createLimiter(raw, LIMITS_DEFAULT));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (_: unknown, body: Buffer) =>
    parseJsonBody(body),
  );
  app.setValidatorCompiler(lateValidators());
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler(errorAnswers({ error() {} }).answer);
  app.addHook('onRequest', async (request) => beginCall(request, admin, 0));
  app.addHook('preHandler', (request, _, next) => duringCall(request, next));
  const Body = monitorBody(intervals);
  const isOf = ({ description }: { description: string }, zone: string) => description.startsWith(zone);
  resourceRoutes<'monitor', ReturnType<typeof monitorBodyOf>, string>(
    app,
    { store, epochMs: () => 0 },
    {
      kind: { ...MONITOR, noun: 'endpoint check' },
      form: 'user',
      path: '/zones/:zone_id/checks',
      tag: 'checks',
      View: Type.Object({}),
      views: (monitors, zone) => monitors.map((each) => ({ ...monitorView(each), zone_id: zone })),
      logFields: (id) => ({ check: id }),
      placeOf: async ({ zone_id: zone }) => {
        if (!ZONES.includes(String(zone))) throw apiError('noPool', { pool: String(zone) });
        return String(zone);
      },
      belongs: isOf,
      list: {
        all: async (zone) => (await oldestFirst(store, 'monitor')).filter((each) => isOf(each, zone)),
      },
      writing: {
        Body,
        Patch: Body,
        merged: (was, patch) => ({ ...monitorBodyOf(was), ...patch }),
        problems: ({ port }) => [
          ...(port === 1 ? [{ pointer: '/port', rule: 'is taken', error: 'invalid' as const }] : []),
          ...(port === 2 ? [{ pointer: '/port', rule: 'is odd' }] : []),
        ],
        references: () => [],
        draft: (body, { id, was, place, epochMs }) => {
          const description = `${place} ${body.description ?? ''}`.slice(0, 60);
          const value = monitorOf({ ...body, description }, { id, epochMs, intervals, was });
          const unique = [{ key: String(value.port), pointer: '/port', rule: 'is that of another' }];
          return { value, unique, references: [] };
        },
        messages: () => [],
      },
      deletion: 'identifier',
      references: 'List what uses a check',
      faults: { notFound: 'noRoute', invalid: 'notUnique', notUnique: 'referenced' },
      envelope: { answers, success: (result, extra) => ({ ...success(result, extra), timing: {} }) },
    },
  );
  type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  return async (method: Method, url: string, payload?: object) => {
    const answer = await app.inject({ method, url, ...(payload && { payload }) });
    return { status: answer.statusCode, body: answer.json() };
  };
}

const codes = (body: { errors: { code: number }[] }) => body.errors.map(({ code }) => code);

test('a resource of a zone has all its routes below the zone, and shows no document of another zone', async () => {
  const call = await startZoned();
  const [first, second] = ZONES.map(pathOf);
  const made = await call('POST', first!, { type: 'tcp', port: 80, description: 'web' });
  expect(made.body).toMatchObject({ success: true, timing: {}, result: { port: 80, zone_id: ZONES[0] } });
  const { id } = made.body.result;
  expect((await call('GET', `${first}/${id}`)).body.result).toEqual(made.body.result);
  expect((await call('GET', first!)).body).toMatchObject({ result: [{ id }], result_info: { count: 1 } });
  expect((await call('GET', second!)).body.result).toEqual([]);
  const requests = [
    ['GET', ''],
    ['PUT', ''],
    ['PATCH', ''],
    ['DELETE', ''],
    ['GET', '/references'],
  ] as const;
  for (const [method, rest] of requests) {
    const body = method === 'PUT' || method === 'PATCH' ? { type: 'tcp', port: 81 } : undefined;
    const elsewhere = await call(method, `${second}/${id}${rest}`, body);
    expect([method, rest, elsewhere.status, codes(elsewhere.body)]).toEqual([
      method,
      rest,
      404,
      [7003, 7000],
    ]);
    expect(await call(method, `${pathOf('3')}/${id}${rest}`, body)).toMatchObject({
      status: 404,
      body: { errors: [{ code: 1001, message: 'pool not found: 3' }] },
    });
  }
  expect((await call('PATCH', `${first}/${id}`, { port: 82 })).body.result).toMatchObject({ port: 82 });
  expect((await call('DELETE', `${first}/${id}`)).body.result).toEqual({ id });
  expect((await call('GET', first!)).body.result).toEqual([]);
});

test('a resource uses the error codes of its clients, and an error may have its own code', async () => {
  const call = await startZoned();
  const path = pathOf(ZONES[0]);
  const odd = await call('POST', path, { type: 'tcp', port: 2 });
  expect([odd.status, odd.body.errors]).toEqual([
    400,
    [{ code: 1003, message: 'port is odd: value not unique', source: { pointer: '/port' } }],
  ]);
  const taken = await call('POST', path, { type: 'tcp', port: 1 });
  expect(taken.body.errors).toMatchObject([{ code: 1002, message: 'port is taken: validation failed' }]);
  expect((await call('POST', path, { type: 'tcp', port: 80 })).status).toBe(200);
  const again = await call('POST', path, { type: 'tcp', port: 80 });
  expect([again.status, codes(again.body)]).toEqual([412, [1005]]);
  const wrong = await call('GET', `${path}/${'f'.repeat(32)}`);
  expect([wrong.status, codes(wrong.body)]).toEqual([404, [7003, 7000]]);
});
