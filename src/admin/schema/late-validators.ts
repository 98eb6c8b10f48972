import { Ajv, type ValidateFunction } from 'ajv';
import type { FastifySchemaCompiler } from 'fastify';
import { abridge } from './abridge.ts';
import { ajvFormats } from './formats.ts';

/**
 * Makes the validators of routes. Each is compiled when the first request needs it: all of them together would take a
 * large part of the time that a server needs to start. Nothing is coerced, filled in or left out: what was sent is judged.
 */
export function lateValidators(): FastifySchemaCompiler<object> {
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    allowUnionTypes: true,
    multipleOfPrecision: 10,
    formats: ajvFormats(),
  });
  return ({ schema, httpPart }) => {
    let compiled: ValidateFunction | undefined;
    const late: ReturnType<FastifySchemaCompiler<object>> = (data: unknown) => {
      compiled ??= ajv.compile(schema);
      const isValid = compiled(httpPart === 'body' ? abridge(schema, data) : data);
      late.errors = compiled.errors ?? null;
      return isValid;
    };
    return late;
  };
}
