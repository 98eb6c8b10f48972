import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { startTestAdmin } from '../server.ts';
import type { OpenApiDocument, Operation } from './described.ts';

async function read(): Promise<OpenApiDocument> {
  const api = await startTestAdmin();
  return (await (await fetch(`${api.url}/openapi.json`)).json()) as OpenApiDocument;
}

const operationsIn = ({ paths }: OpenApiDocument): Operation[] =>
  Object.values(paths).flatMap((item) => Object.values(item));

test('the document is valid OpenAPI 3.1', async () => {
  const document = await read();
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone({ ...document }));
  expect(errors).toBeUndefined();
  expect([valid, validator.version]).toEqual([true, '3.1']);
});

test('the validator finds an invalid document', async () => {
  const document = await read();
  const { valid } = await new Validator().validate({ ...document, paths: { web: { get: 7 } } });
  expect(valid).toBe(false);
});

test('every operation has a unique name that is an identifier in any language', async () => {
  const names = operationsIn(await read()).map(({ operationId }) => operationId);
  expect(names.filter((name) => !/^[a-z][A-Za-z0-9]*$/.test(name))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toContain('getUserPoolsByIdHealth');
});

test('every operation has a one-line summary, unique below its prefix', async () => {
  const { paths } = await read();
  const told = Object.entries(paths).flatMap(([path, item]) =>
    Object.values(item).map(({ summary, operationId }) => ({ path, summary, operationId })),
  );
  const isLine = (text = '') => /^[A-Z][^\n.]{4,79}$/.test(text);
  expect(told.filter(({ summary }) => !isLine(summary))).toEqual([]);
  // The account's and the user's form of an operation are one route's.
  const alone = told.filter(({ path }) => !path.startsWith('/client/v4/user'));
  const summaries = alone.map(({ summary }) => summary);
  expect(summaries.filter((summary, i) => summaries.indexOf(summary) !== i)).toEqual([]);
});

test('all used tags are declared, and all declared tags are used', async () => {
  const document = await read();
  const used = new Set(operationsIn(document).flatMap(({ tags }) => tags));
  expect([...used].sort()).toEqual(document.tags.map(({ name }) => name).sort());
  expect(operationsIn(document).every(({ tags }) => tags.length === 1)).toBe(true);
});

/** Places in what a schema describes of which it says nothing. */
function silent(schema: unknown, at: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties, items, anyOf, additionalProperties, ...own } = schema as Record<string, unknown>;
  if ('readOnly' in own) return [];
  const inner = Object.entries((properties ?? {}) as object).flatMap(([key, value]) =>
    silent(value, `${at}.${key}`),
  );
  const parts = [items, additionalProperties, ...((anyOf ?? []) as unknown[])].flatMap((part) =>
    silent(part, `${at}[]`),
  );
  const isSilent = own.type === undefined && anyOf === undefined;
  return [...(isSilent ? [at] : []), ...inner, ...parts];
}

test('all answers are described completely', async () => {
  const found = operationsIn(await read()).flatMap(({ operationId, responses }) =>
    Object.entries(responses).flatMap(([status, { content }]) => {
      expect(Object.keys(content ?? {}), `${operationId} ${status}`).toHaveLength(1);
      return silent(Object.values(content!)[0]!.schema, `${operationId} ${status}`);
    }),
  );
  // An audit event has the object itself, of whatever kind it is.
  expect(found).toEqual(['before', 'after'].map((key) => `getEvents 200.result.events[][].${key}`));
});
