import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificates } from '../../probe/certificates.ts';
import { freePort } from '../../support/free-port.ts';
import { type LifeguardProcess, startLifeguard } from '../../support/lifeguard.ts';
import type { Places } from './asking.ts';

/** Servers of one configuration and one data directory. `a.example.com A` is 192.0.2.1, and pools are below `pools.example.com`. */
export interface Stage {
  readonly directory: string;
  readonly places: Places;
  /** Starts one; `env`: variables that differ from those of the others. */
  start(options?: readonly string[], env?: Readonly<Record<string, string>>): Promise<LifeguardProcess>;
  remove(): void;
}

/** Writes the configuration, and finds ports that are free. `command`: what runs; `settings`: variables of all servers. */
export async function setStage(
  command: 'serve' | 'all' = 'all',
  settings: Readonly<Record<string, string>> = {},
): Promise<Stage> {
  const certificates = makeCertificates();
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-replace-'));
  const [dns, tls, https] = [await freePort(), await freePort(), await freePort()];
  const file = (name: string, text: string) => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  const { cert, key } = certificates.good;
  const pair = `cert: ${file('cert.pem', cert)}, key: ${file('key.pem', key)}`;
  const config = file(
    'lifeguard.yaml',
    // On a busy machine, a replacement may take as long as a connection may usually be idle.
    `dns:
  tcp: { idle_timeout_ms: 600000 }
  tls: { listen: ["127.0.0.1:${tls}"], ${pair} }
  https: { listen: ["127.0.0.1:${https}"], ${pair} }
zones:
  - { name: example.com, ns: [{ name: ns1.example.net }], pools: pools, records: [{ name: a, type: A, value: 192.0.2.1 }] }
`,
  );
  return {
    directory,
    places: { dns, tls, https, ca: certificates.authority },
    start: (options = [], env = {}) =>
      startLifeguard(
        command,
        {
          LIFEGUARD_CONFIG: config,
          LIFEGUARD_DATA_DIR: join(directory, 'data'),
          LIFEGUARD_DNS_LISTEN: `127.0.0.1:${dns}`,
          ...settings,
          ...env,
        },
        [],
        options,
      ),
    remove: () => rmSync(directory, { recursive: true }),
  };
}
