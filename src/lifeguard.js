// The program's start, in plain JavaScript: an older Node cannot read the rest, but it can say so.
import module from 'node:module';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR_MIN = 26;

if (Number(process.versions.node.split('.', 1)[0]) < NODE_MAJOR_MIN) {
  process.stderr.write(
    `lifeguard needs Node ${NODE_MAJOR_MIN} or newer, this is ${process.version}: use "npm start" or "npm run lifeguard", which bring their own\n`,
  );
  process.exitCode = 1;
} else {
  // Reading the source takes half of a start. What came of it is kept beside the packages, as theirs is the right to
  // write there: who may not starts as slowly as the first time. The variable says it to the threads.
  const kept = fileURLToPath(new URL('../node_modules/.cache/lifeguard', import.meta.url));
  process.env.NODE_COMPILE_CACHE ||= kept;
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  await import('./main.ts');
}
