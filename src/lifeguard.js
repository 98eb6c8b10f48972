// The program's start, in plain JavaScript: an older Node cannot read the rest, but it can say so.
import process from 'node:process';

const NODE_MAJOR_MIN = 26;

if (Number(process.versions.node.split('.', 1)[0]) < NODE_MAJOR_MIN) {
  process.stderr.write(
    `lifeguard needs Node ${NODE_MAJOR_MIN} or newer, this is ${process.version}: use "npm start" or "npm run lifeguard", which bring their own\n`,
  );
  process.exitCode = 1;
} else await import('./main.ts');
