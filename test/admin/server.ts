import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { hashToken } from '../../src/admin/access/auth.ts';
import { type Admin, type AdminOptions, startAdmin } from '../../src/admin/server.ts';
import { BOOTSTRAP } from '../../src/pool/token.ts';
import { cacheReads } from '../../src/store/cached-reads.ts';
import { openEmbeddedStore } from '../../src/store/embedded/embedded.ts';
import type { Store } from '../../src/store/store.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { type OpenApiDocument, operationFor, undescribed } from './openapi/described.ts';
import { createObservedHealth, type ObservedHealth } from './pools/observed-health.ts';

export const TOKEN = 'correct-horse-battery-staple';
export const ACCOUNT = '0123456789abcdef0123456789abcdef';
export const POOLS = `/client/v4/accounts/${ACCOUNT}/load_balancers/pools`;
export const MONITOR_GROUPS = `/client/v4/accounts/${ACCOUNT}/load_balancers/monitor_groups`;
export const MONITORS = `/client/v4/accounts/${ACCOUNT}/load_balancers/monitors`;

export const TOKENS = '/lifeguard/v1/tokens';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON as it came
  readonly body: any;
}

export interface TestAdmin extends Admin {
  readonly store: Store;
  readonly health: ObservedHealth;
  readonly url: string;
  /** A request with the right token; `body` is sent as JSON, or as it is when it is a string. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Everything logged so far, as text. */
  logged(): string;
}

/** Expects an answer to be as the server's own OpenAPI document describes it. */
function expectDescribed(document: OpenApiDocument, method: string, path: string, answer: Answer): void {
  const operation = operationFor(document, method, path);
  if (operation === undefined) return;
  expect(undescribed(operation, answer.status, answer.body), `${method} ${path}: ${answer.status}`).toEqual(
    [],
  );
}

/** The options of which the document tells. */
const TOLD: readonly (keyof AdminOptions)[] = ['intervals', 'explain', 'reload'];
/** The document of all servers without these options: to make and to read one takes longer than most tests. */
let usual: Promise<OpenApiDocument> | undefined;

function documentOf(url: string, options: Partial<AdminOptions>): Promise<OpenApiDocument> {
  if (TOLD.some((option) => option in options)) return readDocument(url);
  usual ??= readDocument(url).catch((error: unknown) => {
    usual = undefined;
    throw error;
  });
  return usual;
}

async function readDocument(url: string): Promise<OpenApiDocument> {
  return (await (await fetch(`${url}/openapi.json`)).json()) as OpenApiDocument;
}

/** Starts the API on a free port over a store in a directory of its own; stops both when the test ends. */
export async function startTestAdmin(options: Partial<AdminOptions> = {}): Promise<TestAdmin> {
  const admin = await openTestAdmin(options);
  onTestFinished(() => admin.stop());
  return admin;
}

/** As startTestAdmin, for callers that stop it themselves. */
export async function openTestAdmin(options: Partial<AdminOptions> = {}): Promise<TestAdmin> {
  const directory = await mkdtemp(join(tmpdir(), 'lifeguard-admin-'));
  const store = options.store ?? openEmbeddedStore(join(directory, 'store.db'));
  const health = createObservedHealth(store);
  const lines: string[] = [];
  const discard = async () => {
    await store.close();
    await rm(directory, { recursive: true, force: true });
  };
  const starting = startAdmin({
    store: cacheReads(store),
    listen: { address: '127.0.0.1', port: 0 },
    tokens: [{ name: BOOTSTRAP, hash: hashToken(TOKEN), scope: 'admin' }],
    log: createLogger({ level: 'trace', destination: { write: (line) => lines.push(line) } }),
    intervals: { minSeconds: 1, maxSeconds: 3_600 },
    health,
    ready: () => true,
    // A node that has read nothing yet.
    explain: {
      revision: -1,
      generation: 0,
      ask: () => undefined,
      path: () => ({
        rcode: 0,
        aliases: [],
        flattened: [],
        pools: [],
        end: undefined,
        records: 0,
        steered: undefined,
        disabledLoadBalancer: undefined,
        found: { kind: 'refused' },
        poolsAtEnd: [],
        loop: undefined,
      }),
      hint: () => '',
      apexes: () => [],
      recordsMaxOf: () => 8,
      answerOf: (pool, healthOf) => ({ pool, healthOf }),
      reasons: async () => new Map(),
    },
    metrics: { contentType: 'text/plain', text: async () => '' },
    metricsPublic: false,
    dashboard: true,
    reload: async () => ({ ok: true, changed: [], waiting: [] }),
    ...options,
  });
  const admin = await starting.catch(async (error: unknown) => {
    await discard();
    throw error;
  });
  const url = `http://127.0.0.1:${admin.port}`;
  let document: Promise<OpenApiDocument> | undefined;
  return {
    ...admin,
    store,
    health,
    url,
    async call(method, path, body, headers = {}) {
      const sent = {
        method,
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      };
      document ??= documentOf(url, options);
      const response = await fetch(url + path, sent);
      const text = await response.text();
      const answer: Answer = {
        status: response.status,
        headers: response.headers,
        body: text === '' ? undefined : JSON.parse(text),
      };
      if (text !== '') expectDescribed(await document, method, path, answer);
      return answer;
    },
    logged: () => lines.join(''),
    async stop() {
      await admin.stop();
      await discard();
    },
  };
}
