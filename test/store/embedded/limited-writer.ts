import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import process from 'node:process';
import { openDatabase } from '../../../src/store/embedded/database/database.ts';

// Run as a process of its own, since the limit is that of a process: writes until its files may not grow any more, in the middle of
// a frame of the log, and again once they may; then the same with the first frame of a new log. Prints the reasons of all refusals.
const [, , path] = process.argv as [string, string, string];
const refusals: string[] = [];
let database = openDatabase(path, { epoch: () => 'epoch' });
const write = (name: string) => {
  try {
    database.run('INSERT OR REPLACE INTO meta VALUES (?, ?)', name, 'x'.repeat(3_000));
  } catch (error) {
    refusals.push((error as { why?: string }).why ?? String(error));
  }
};
const limitFiles = (octets: number | 'unlimited') =>
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${octets}:unlimited`]);

process.on('SIGXFSZ', () => {});
write('first');
limitFiles(statSync(`${path}-wal`).size + 2_000);
for (const name of ['second', 'third', 'fourth']) write(name);
limitFiles('unlimited');
write('fifth');
database.close();
database = openDatabase(path, { epoch: () => 'epoch' });
limitFiles(2_000);
for (const name of ['sixth', 'seventh']) write(name);
limitFiles('unlimited');
write('eighth');
database.close();
process.stdout.write(JSON.stringify(refusals));
