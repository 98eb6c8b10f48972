import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addressesOf, addressLines, ZONE, zoneFile } from '../names.ts';
import type { Peer } from '../peer.ts';

/** Another server of static zones, known to be fast. */
export const knot: Peer = {
  name: 'Knot',
  means: 'static',
  program: 'knotd',
  version: { args: ['-V'], pattern: /version (\S+)/ },
  tcp: true,
  addressesOf,
  prepare({ directory, addresses: [v4, v6], port, names }) {
    writeFileSync(join(directory, 'zone'), zoneFile(names, addressLines));
    const config = join(directory, 'knot.conf');
    writeFileSync(
      config,
      `server:
    rundir: "${directory}"
    listen: [ "${v4}@${port}", "${v6}@${port}" ]
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: warning
database:
    storage: "${directory}"
zone:
  - domain: ${ZONE}
    file: "${join(directory, 'zone')}"
    journal-content: none
    zonefile-sync: -1
`,
    );
    return { command: 'knotd', args: ['-c', config] };
  },
};
