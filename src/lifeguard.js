// The program's start, in plain JavaScript of Node 12, without await at the top, "?.", "??" and "||=": an older Node cannot
// read the rest, but it can say so.
import { existsSync } from 'node:fs';
import module from 'node:module';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR_MIN = 26;
/** Commands that run until a signal ends them. All others end as any program does. */
const RUNNING = ['serve', 'monitor', 'all', 'demo'];
/** A signal before the first line may open a debugger late. It is looked for this often, and for this long, milliseconds. */
const LATE_DEBUGGER_EVERY_MS = 50;
const LATE_DEBUGGER_MS = 2_000;

/** The Node that npm installs with this program, where there is one for this machine; bin/lifeguard starts it. */
const ownNode = fileURLToPath(
  new URL(`../node_modules/node-${process.platform}-${process.arch}/bin/node`, import.meta.url),
);

if (Number(process.versions.node.split('.', 1)[0]) < NODE_MAJOR_MIN) {
  const todo = existsSync(ownNode)
    ? 'Start it with "npm start", "npm run lifeguard" or bin/lifeguard, which use the Node that npm installed here'
    : `Install Node ${NODE_MAJOR_MIN} or newer on this machine and start it again. Or run "npm ci" without --omit=optional, which installs Node ${NODE_MAJOR_MIN} beside the packages, and start it with "npm start", "npm run lifeguard" or bin/lifeguard`;
  process.stderr.write(
    `lifeguard needs Node ${NODE_MAJOR_MIN} or newer; this is ${process.version} (${process.execPath}). ${todo}.\n`,
  );
  process.exitCode = 1;
} else {
  takeSignals();
  void start();
}

/** Reads the rest of the program, which runs the command. */
async function start() {
  await closeDebugger();
  // Reading the source takes half of a start. What came of it is kept beside the packages, as theirs is the right to
  // write there: who may not starts as slowly as the first time. The variable says it to the threads.
  const kept = fileURLToPath(new URL('../node_modules/.cache/lifeguard', import.meta.url));
  process.env.NODE_COMPILE_CACHE = process.env.NODE_COMPILE_CACHE || kept;
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  await import('./main.ts').catch(explainMissing);
}

/**
 * Takes signals before anything else is read; commands/signals.ts takes them over where there is something to stop. With a
 * listener on it, SIGUSR1 no longer opens Node's debugger, through which any user of this machine could run code in here.
 */
function takeSignals() {
  // Nobody may be there to read it, and a start must not fail by that.
  process.stderr.on('error', () => undefined);
  const said = new Set();
  const say = (text) => {
    // A signal that is sent again and again fills no log.
    if (!said.has(text)) process.stderr.write(`lifeguard ${text}\n`);
    said.add(text);
  };
  const isRunning = RUNNING.includes(process.argv[2]);
  process.on('SIGUSR1', () => isRunning && say('ignores SIGUSR1'));
  if (!isRunning) return;
  for (const signal of [
    'SIGHUP',
    'SIGUSR2',
    'SIGALRM',
    'SIGVTALRM',
    'SIGPROF',
    'SIGIO',
    'SIGSTKFLT',
    'SIGXFSZ',
  ])
    process.on(signal, () => say(`ignores ${signal}`));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGPWR', 'SIGXCPU'])
    process.on(signal, () => {
      say(`stops while it starts: it received ${signal}`);
      process.exit(0);
    });
}

/** Closes a debugger that a SIGUSR1 opened before it was taken. One that the command line asks for stays. */
async function closeDebugger() {
  const options = [...process.execArgv, process.env.NODE_OPTIONS].join(' ');
  const asked = /(^|\s)--inspect(-brk|-wait)?(=|\s|$)/.test(options);
  if (asked) return;
  // A Node may be built without it.
  const inspector = await import('node:inspector').catch(() => undefined);
  const close = () => inspector !== undefined && inspector.url() !== undefined && inspector.close();
  close();
  // Node may open it once more when the event loop first turns. No secret is read before that.
  await new Promise((resolve) => setImmediate(resolve));
  close();
  // The thread of Node's that takes the signal may be late on a busy machine.
  const closing = setInterval(close, LATE_DEBUGGER_EVERY_MS).unref();
  setTimeout(() => clearInterval(closing), LATE_DEBUGGER_MS).unref();
}

/** Says what to do where the packages are not installed. */
function explainMissing(error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !/Cannot find package/.test(error.message)) throw error;
  process.stderr.write(`lifeguard cannot find its packages: ${error.message}. Run "npm ci" first.\n`);
  process.exitCode = 1;
}
