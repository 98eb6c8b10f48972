import { describe, expect, test } from 'vitest';
import { load, problemsOf } from './loading.ts';

describe('an API that other machines can reach', () => {
  const warning = 'is reachable from other machines';

  test.each([
    { file: 'api: { listen: 0.0.0.0:5380 }', env: {}, path: 'api.listen' },
    { file: 'api: { listen: "[::]:5380" }', env: {}, path: 'api.listen' },
    { file: '', env: { LIFEGUARD_API_LISTEN: '192.0.2.1:5380' }, path: 'env LIFEGUARD_API_LISTEN' },
  ])('is refused: $file $env', ({ file, env, path }) => {
    const found = problemsOf(file, env);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${path}: `);
    expect(found[0]).toContain(warning);
  });

  test.each([
    { file: 'api: { listen: 0.0.0.0:5380, insecure: true }', env: {} },
    { file: 'api: { listen: 0.0.0.0:5380, tls: { cert: c.pem, key: k.pem } }', env: {} },
    {
      file: 'api: { tls: { cert: c.pem, key: k.pem } }',
      env: { LIFEGUARD_API_LISTEN: '192.0.2.1:5380' },
    },
    { file: 'api: { insecure: true }', env: { LIFEGUARD_API_LISTEN: '0.0.0.0:5380' } },
    { file: 'api: { listen: 0.0.0.0:5380 }', env: { LIFEGUARD_API_LISTEN: '127.0.0.2:5380' } },
  ])('is accepted if it is meant or overridden: $file $env', ({ file, env }) => {
    expect(problemsOf(file, env)).toEqual([]);
  });
});

describe('metrics of a worker', () => {
  test('are for this machine only, unless configured otherwise', () => {
    const [problem, ...others] = problemsOf('monitor: { metrics_listen: 0.0.0.0:5381 }');
    expect(others).toEqual([]);
    expect(problem).toContain('monitor.metrics_listen: 0.0.0.0:5381 is reachable from other machines');
    expect(problemsOf('monitor: { metrics_listen: 127.0.0.1:5381 }')).toEqual([]);
    expect(problemsOf('monitor: { metrics_listen: 0.0.0.0:5381, metrics_insecure: true }')).toEqual([]);
  });

  test('need their own address', () => {
    expect(problemsOf('monitor: { metrics_listen: 127.0.0.1:5380 }')).toEqual([
      'monitor.metrics_listen: 127.0.0.1:5380 is already used by api.listen',
    ]);
  });

  test('are served only where they are configured', () => {
    const loaded = load('monitor: { metrics_listen: 127.0.0.1:0 }');
    const metricsListen = { address: '127.0.0.1', port: 0 };
    expect(loaded).toMatchObject({ ok: true, config: { monitor: { metricsListen } } });
    expect(load('')).not.toHaveProperty('config.monitor.metricsListen');
  });
});

describe('an encrypted API', () => {
  test('needs a certificate and a key, and an error of one causes no other error', () => {
    expect(problemsOf('api: { listen: 0.0.0.0:5380, tls: { cert: c.pem } }')).toEqual([
      'api.tls.key: is missing',
    ]);
    expect(problemsOf('api: { listen: 0.0.0.0:5380, tls: { cert: "", key: k, ca: x } }')).toEqual([
      'api.tls.ca: is not a key here',
      'api.tls.cert: "" is not a file name',
    ]);
  });

  test('cannot be insecure as well', () => {
    expect(problemsOf('api: { insecure: true, tls: { cert: c.pem, key: k.pem } }')).toEqual([
      'api.insecure: is true although api.tls is set; remove one of them',
    ]);
  });

  test('has its certificate and key', () => {
    const loaded = load('api: { tls: { cert: c.pem, key: k.pem } }');
    expect(loaded).toMatchObject({ ok: true, config: { api: { tls: { cert: 'c.pem', key: 'k.pem' } } } });
  });
});

describe('secrets are not repeated', () => {
  test.each([
    { file: 'api: { token: "hunter2 hunter2 hunter2" }', env: {} },
    { file: 'store: { redis_url: "http://u:hunter2@redis.example.org" }', env: {} },
    { file: 'store: { redis_url: "redis://u:hunter2@redis.example.org/x" }', env: {} },
    { file: '', env: { LIFEGUARD_API_TOKEN: 'hunter2' } },
    { file: '', env: { LIFEGUARD_REDIS_URL: 'hunter2' } },
  ])('$file $env', ({ file, env }) => {
    const found = problemsOf(file, env);
    expect(found).toHaveLength(1);
    expect(found[0]).not.toContain('hunter2');
  });
});
