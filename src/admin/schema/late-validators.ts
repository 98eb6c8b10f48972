import { Ajv, type ValidateFunction } from 'ajv';
import type { FastifySchemaCompiler } from 'fastify';
import { abridge } from './abridge.ts';
import { ajvFormats } from './formats.ts';

/**
 * Creates the validators of routes. Each is compiled for its first request: to compile all of them would take a large part of the
 * start of a server. They check the input as it was sent: they convert, add and remove nothing.
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
