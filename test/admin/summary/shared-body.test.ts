import { fastify } from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { BODIES_MAX, BODY_KEPT_MS, createSharedBodies } from '../../../src/admin/summary/shared-body.ts';

/** A server whose answers are shared by path, with the number of bodies that were made. */
function sharing() {
  let nowMs = 0;
  let made = 0;
  let value = 'one';
  let isAway = false;
  const bodies = createSharedBodies(() => nowMs);
  const app = fastify();
  onTestFinished(() => app.close());
  app.get('/*', (request, reply) =>
    bodies.send(request, reply, request.url, async () => {
      made += 1;
      if (isAway) throw new Error('away');
      return { value };
    }),
  );
  return {
    ask: (path = '/', headers: Record<string, string> = {}) => app.inject({ path, headers }),
    made: () => made,
    pass(ms: number) {
      nowMs += ms;
    },
    setValue(now: string) {
      value = now;
    },
    setAway(now: boolean) {
      isAway = now;
    },
  };
}

test('equal requests share one body for a while', async () => {
  const it = sharing();
  const answers = await Promise.all([it.ask(), it.ask(), it.ask()]);
  expect(answers.map(({ body }) => body)).toEqual(Array(3).fill('{"value":"one"}'));
  expect(answers[0]!.headers['content-type']).toBe('application/json; charset=utf-8');
  it.setValue('two');
  it.pass(BODY_KEPT_MS - 1);
  expect([(await it.ask()).json(), it.made()]).toEqual([{ value: 'one' }, 1]);
  expect([(await it.ask('/other')).json(), it.made()]).toEqual([{ value: 'two' }, 2]);
  it.pass(1);
  expect([(await it.ask()).json(), it.made()]).toEqual([{ value: 'two' }, 3]);
});

test('a client that has the body already gets none, until it changes', async () => {
  const it = sharing();
  const { etag } = (await it.ask()).headers;
  const known = { 'if-none-match': `"other", W/${etag}` };
  it.pass(BODY_KEPT_MS);
  const same = await it.ask('/', known);
  expect([same.statusCode, same.body, same.headers.etag]).toEqual([304, '', etag]);
  it.setValue('two');
  it.pass(BODY_KEPT_MS);
  expect((await it.ask('/', known)).json()).toEqual({ value: 'two' });
});

test('a body that could not be made is made again', async () => {
  const it = sharing();
  it.setAway(true);
  expect((await it.ask()).statusCode).toBe(500);
  it.setAway(false);
  expect((await it.ask()).statusCode).toBe(200);
});

test('the number of bodies is bounded: the oldest is made anew', async () => {
  const it = sharing();
  for (let i = 0; i <= BODIES_MAX; i += 1) await it.ask(`/${i}`);
  await it.ask(`/${BODIES_MAX}`);
  expect(it.made()).toBe(BODIES_MAX + 1);
  await it.ask('/0');
  expect(it.made()).toBe(BODIES_MAX + 2);
});
