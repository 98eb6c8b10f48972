import { newCounters } from '../../../src/answer/counters.ts';
import { adopt, openTable } from '../../../src/answer/reader.ts';
import { createResponder } from '../../../src/answer/respond.ts';
import { startPortableUdp } from '../../../src/serve/udp/portable.ts';
import { PLAIN } from '../../answer/responder.ts';
import { describeUdpEngine } from './contract.ts';

describeUdpEngine('the portable engine', async (listen, table) => {
  const reader = openTable(table.buffers);
  const responder = createResponder({ table: reader, settings: PLAIN, seed: 1, counters: newCounters() });
  const engine = await startPortableUdp({ listen, responder });
  return { ...engine, adopt: (buffers) => adopt(reader, buffers) };
});
