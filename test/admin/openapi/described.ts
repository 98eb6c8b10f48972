import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { ajvFormats } from '../../../src/admin/schema/formats.ts';

/** What of an OpenAPI document is looked at here. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** One thing that the API does. */
export interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}

/** A part of a request that is not in its body. */
export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly schema: Schema;
}
type Content = Readonly<Record<string, { readonly schema: Schema }>>;
/** A JSON Schema (2020-12). */
export type Schema = Readonly<Record<string, unknown>>;

const ajv = new Ajv2020({
  allErrors: true,
  allowUnionTypes: true,
  multipleOfPrecision: 10,
  strictTypes: false,
});
for (const [name, format] of Object.entries(ajvFormats())) ajv.addFormat(name, format.validate);
/** By their schemas, and by the text of these, since documents of several servers have the same. */
const known = new WeakMap<object, ValidateFunction>();
const validators = new Map<string, ValidateFunction>();
/** What the paths of a document look like, those without parameters first. */
const shapes = new WeakMap<OpenApiDocument, readonly (readonly [RegExp, string])[]>();

/** The operation that a request is, by the document; undefined: it tells of none. */
export function operationFor(document: OpenApiDocument, method: string, path: string): Operation | undefined {
  const [target] = path.split('?');
  const found = shapesOf(document).find(([shape]) => shape.test(target!))?.[1];
  return found === undefined ? undefined : document.paths[found]![method.toLowerCase()];
}

function shapesOf(document: OpenApiDocument): readonly (readonly [RegExp, string])[] {
  const made =
    shapes.get(document) ??
    Object.keys(document.paths)
      .sort((a, b) => a.split('{').length - b.split('{').length)
      .map((template): [RegExp, string] => [
        new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
        template,
      ]);
  shapes.set(document, made);
  return made;
}

/** What an answer has that the document does not say, or lacks; empty: nothing. */
export function undescribed({ responses }: Operation, status: number, body: unknown): string[] {
  const response = responses[status] ?? responses.default;
  const schema = response?.content?.['application/json']?.schema;
  if (schema === undefined) return [`status ${status} is not described`];
  const validate = known.get(schema) ?? validatorOf(schema);
  known.set(schema, validate);
  if (validate(body)) return [];
  return validate.errors!.map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

function validatorOf(schema: Schema): ValidateFunction {
  const text = JSON.stringify(schema);
  const validate = validators.get(text) ?? ajv.compile(closed(schema) as object);
  validators.set(text, validate);
  return validate;
}

/** A schema whose objects have no more fields than it names. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inside = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return 'properties' in schema ? { additionalProperties: false, ...inside } : inside;
}
