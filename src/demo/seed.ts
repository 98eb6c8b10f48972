import type { DemoEndpoint } from './endpoints.ts';

/** Marks the objects of the demo, so that it never changes others. */
const DESCRIPTION = 'Lifeguard demo';
/** The name of the demo's pool. */
export const DEMO_POOL = 'web';

const MONITOR = {
  type: 'http',
  description: DESCRIPTION,
  interval: 1,
  timeout: 1,
  retries: 0,
  consecutive_down: 2,
  expected_codes: '200',
};

/** Creates or updates the monitor and the pool of the demo through the API. Throws where another pool has the name. */
export async function seedDemo(
  api: string,
  token: string,
  endpoints: readonly DemoEndpoint[],
): Promise<void> {
  const call = caller(`${api}/client/v4/user/load_balancers`, token);
  const monitors = await call('GET', '/monitors');
  const known = named(monitors, 'description', DESCRIPTION);
  const monitor = known ?? (await call('POST', '/monitors', MONITOR));
  const pool = {
    name: DEMO_POOL,
    description: DESCRIPTION,
    monitor: (monitor as { id: string }).id,
    origins: endpoints.map(({ name, address, port }) => ({ name, address, port })),
  };
  const was = named(await call('GET', '/pools'), 'name', DEMO_POOL);
  if (was === undefined) await call('POST', '/pools', pool);
  else if (was.description === DESCRIPTION) await call('PUT', `/pools/${was.id}`, pool);
  else
    throw new Error(
      `there is a pool "${DEMO_POOL}" already that is not the demo's; give the demo a data directory of its own with LIFEGUARD_DATA_DIR`,
    );
}

type Found = Readonly<Record<string, unknown>> & { readonly id: string };

function named(list: unknown, field: string, value: string): Found | undefined {
  return (list as readonly Found[]).find((each) => each[field] === value);
}

function caller(base: string, token: string) {
  return async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(base + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { success, errors, result } = (await response.json()) as {
      success: boolean;
      errors: readonly { message: string }[];
      result: unknown;
    };
    if (!success) throw new Error(`${method} ${path}: ${errors.map(({ message }) => message).join('; ')}`);
    return result;
  };
}
