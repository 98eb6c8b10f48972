import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ADDRESSES, addressesOf, label, TTL_SECONDS, ZONE, zoneFile } from '../names.ts';
import type { Peer } from '../peer.ts';

/** The nearest relative: a resource for each pool, its members' states from a monitor that reads a file. */
export const gdnsd: Peer = {
  name: 'gdnsd',
  means: 'DYNA records, a monitored multifo resource each',
  program: 'gdnsd',
  version: { args: ['-V'], pattern: /gdnsd version (\S+)/ },
  tcp: true,
  addressesOf,
  prepare({ directory, addresses: [v4, v6], port, names }) {
    for (const each of ['zones', 'run', 'state']) mkdirSync(join(directory, each));
    const states = Array.from({ length: ADDRESSES }, (_, i) => `192.0.2.${i + 1} => UP/${TTL_SECONDS}`);
    writeFileSync(join(directory, 'states'), `${states.join('\n')}\n`);
    const resources = Array.from(
      { length: names },
      (_, i) => `    ${label(i)} => [ ${addressesOf(i).join(', ')} ]`,
    );
    writeFileSync(
      join(directory, 'config'),
      `options => {
  listen => [ ${v4}:${port}, "[${v6}]:${port}" ]
  udp_threads = 1
  tcp_threads = 1
  run_dir = ${join(directory, 'run')}
  state_dir = ${join(directory, 'state')}
}
service_types => {
  file => { plugin => extfile, file => "${join(directory, 'states')}", direct => true, interval => 10 }
}
plugins => {
  multifo => {
    service_types => file
${resources.join('\n')}
  }
}
`,
    );
    writeFileSync(
      join(directory, 'zones', ZONE),
      zoneFile(names, (i) => [`${label(i)}.pools ${TTL_SECONDS} DYNA multifo!${label(i)}`]),
    );
    return { command: 'gdnsd', args: ['-c', directory, 'start'] };
  },
};
