import { join } from 'node:path';
import { compile } from '../compile.ts';
import { MEMBERS, RECORD_OCTETS } from '../names.ts';
import type { Peer } from '../peer.ts';

/** The two system calls that no server does without, and no server. */
export const floor: Peer = {
  name: 'floor',
  means: 'C, recvmmsg and sendmmsg, looks nothing up',
  program: 'cc',
  tcp: false,
  prepare({ directory, addresses, port }) {
    const program = compile(join(import.meta.dirname, '../floor.c'), join(directory, 'floor'));
    return {
      command: program,
      args: [String(MEMBERS), String(RECORD_OCTETS), String(port), ...addresses],
    };
  },
};
