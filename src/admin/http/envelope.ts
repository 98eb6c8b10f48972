import Type, { type TSchema } from 'typebox';
import type { ErrorElement } from './errors.ts';
import type { PageInfo } from './paging.ts';

/** A message in an answer, beside its result. */
export interface Message {
  readonly code: number;
  readonly message: string;
  readonly type: null;
}

/** Makes the answer to a request that succeeded. */
export function success<T>(result: T, extra: { info?: PageInfo; messages?: Message[] } = {}) {
  return {
    success: true as const,
    errors: [],
    messages: extra.messages ?? [],
    result,
    ...(extra.info === undefined ? {} : { result_info: extra.info }),
  };
}

/** Makes the answer to a request that failed. */
export function failure(errors: readonly ErrorElement[]) {
  return { success: false as const, errors, messages: [], result: null };
}

const MessageView = Type.Object({ code: Type.Integer(), message: Type.String(), type: Type.Null() });

const ErrorList = Type.Array(
  Type.Object({
    code: Type.Integer({ minimum: 1000 }),
    message: Type.String(),
    source: Type.Optional(Type.Object({ pointer: Type.String() })),
    error_chain: Type.Optional(Type.Array(Type.Object({ code: Type.Integer(), message: Type.String() }))),
  }),
);

const Failure = Type.Object(
  {
    success: Type.Literal(false),
    errors: ErrorList,
    messages: Type.Array(MessageView, { maxItems: 0 }),
    result: Type.Null(),
  },
  { description: 'The request failed; `errors` says why.' },
);

/** Response schemas of requests that fail. */
export const REFUSALS = { default: Failure };

const ResultInfo = Type.Object({
  page: Type.Integer(),
  per_page: Type.Integer(),
  count: Type.Integer({ description: 'Items on this page.' }),
  total_count: Type.Integer(),
  total_pages: Type.Integer(),
});

/**
 * Makes the response schemas of a route whose result is `result`. They are for the OpenAPI document only: answers are sent as they
 * are and not cut to a schema, hence `unknown`. `further`: properties beside the result.
 */
export function answers(
  result: TSchema,
  paged: 'paged' | 'single' = 'single',
  further: Readonly<Record<string, TSchema>> = {},
): unknown {
  return {
    200: Type.Object(
      {
        success: Type.Literal(true),
        errors: Type.Array(Type.Null(), { maxItems: 0 }),
        messages: Type.Array(MessageView),
        result,
        ...(paged === 'paged' ? { result_info: ResultInfo } : {}),
        ...further,
      },
      { description: 'The request succeeded.' },
    ),
    ...REFUSALS,
  };
}

/** Makes the response schemas of a route that answers with text of this media type. */
export function answersText(mediaType: string, description: string): unknown {
  return { 200: { description, content: { [mediaType]: { schema: Type.String() } } }, ...REFUSALS };
}
