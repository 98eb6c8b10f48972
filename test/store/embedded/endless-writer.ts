import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { observation, putPool, worker } from '../contract/samples.ts';

// Run as a process of its own, to be killed: commits p<revision> after p<revision>, publishes between, and prints
// every revision after it was acknowledged.
const store = openEmbeddedStore(process.argv[2]!);
const lease = await store.join(worker('w1'));
for (let { revision } = await store.read(); ; revision += 1) {
  await store.publish(lease, {
    put: [{ observation: observation('c'), changed: true }],
    drop: [],
    events: [],
  });
  await store.commit([putPool(`p${revision + 1}`, {}, { description: 'x'.repeat(2_000) })]);
  process.stdout.write(`${revision + 1}\n`);
}
