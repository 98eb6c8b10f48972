import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addressesOf, addressLines, ZONE, zoneFile } from '../names.ts';
import type { Launch, Peer, Setup } from '../peer.ts';

/** Another server of static zones, known to be fast. */
export const knot: Peer = {
  name: 'Knot',
  means: 'static',
  program: 'knotd',
  version: { args: ['-V'], pattern: /version (\S+)/ },
  tcp: true,
  addressesOf,
  prepare: (setup) => knotLaunch(setup, zoneFile(setup.names, addressLines)),
};

/** What a configuration has besides the usual. */
export interface KnotMore {
  /** Lines of the section `server`, of the zone, and other sections. */
  readonly server: string;
  readonly zone: string;
  readonly sections: string;
}

const NOTHING_MORE: KnotMore = { server: '', zone: '', sections: '' };

/** Writes a configuration and a zone file. */
export function knotLaunch(
  { directory, addresses: [v4, v6], port }: Setup,
  zone: string,
  more: KnotMore = NOTHING_MORE,
): Launch {
  writeFileSync(join(directory, 'zone'), zone);
  const config = join(directory, 'knot.conf');
  writeFileSync(
    config,
    `server:
    rundir: "${directory}"
    listen: [ "${v4}@${port}", "${v6}@${port}" ]
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
${more.server}
log:
  - target: stderr
    any: warning
database:
    storage: "${directory}"
${more.sections}
zone:
  - domain: ${ZONE}
    file: "${join(directory, 'zone')}"
    journal-content: none
    zonefile-sync: -1
${more.zone}
`,
  );
  return { command: 'knotd', args: ['-c', config] };
}
