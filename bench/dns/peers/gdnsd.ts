import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ADDRESSES, addressesOf, label, TTL_SECONDS, ZONE, zoneFile } from '../names.ts';
import type { Launch, Peer, Setup } from '../peer.ts';

/** The nearest relative: a resource for each pool, its members' states from a monitor that reads a file. */
export const gdnsd: Peer = {
  name: 'gdnsd',
  means: 'DYNA records, a monitored multifo resource each',
  program: 'gdnsd',
  version: { args: ['-V'], pattern: /gdnsd version (\S+)/ },
  tcp: true,
  addressesOf,
  prepare(setup) {
    const { directory, names } = setup;
    const states = Array.from({ length: ADDRESSES }, (_, i) => `192.0.2.${i + 1} => UP/${TTL_SECONDS}`);
    writeFileSync(join(directory, 'states'), `${states.join('\n')}\n`);
    const resources = Array.from(
      { length: names },
      (_, i) => `    ${label(i)} => [ ${addressesOf(i).join(', ')} ]`,
    );
    return gdnsdLaunch(
      setup,
      `service_types => {
  file => { plugin => extfile, file => "${join(directory, 'states')}", direct => true, interval => 10 }
}
plugins => {
  multifo => {
    service_types => file
${resources.join('\n')}
  }
}`,
      zoneFile(names, (i) => [`${label(i)}.pools ${TTL_SECONDS} DYNA multifo!${label(i)}`]),
    );
  },
};

/** Writes a configuration with these plugins, and a zone file. */
export function gdnsdLaunch(
  { directory, addresses: [v4, v6], port }: Setup,
  plugins: string,
  zone: string,
): Launch {
  for (const each of ['zones', 'run', 'state']) mkdirSync(join(directory, each));
  writeFileSync(
    join(directory, 'config'),
    `options => {
  listen => [ ${v4}:${port}, "[${v6}]:${port}" ]
  udp_threads = 1
  tcp_threads = 1
  run_dir = ${join(directory, 'run')}
  state_dir = ${join(directory, 'state')}
}
${plugins}
`,
  );
  writeFileSync(join(directory, 'zones', ZONE), zone);
  return { command: 'gdnsd', args: ['-c', directory, 'start'] };
}
