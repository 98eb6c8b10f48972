/** The thread that reads and writes YAML. The parser would delay everything else on the main thread. */
import { parentPort } from 'node:worker_threads';
import { formatYaml, parseYaml } from '../../config/source/yaml.ts';
import type { YamlReply, YamlTask } from './yaml-thread.ts';

/** The name of the file in the places of problems. */
const NAME = 'body';

function perform(task: YamlTask): YamlReply {
  if (task.kind === 'format') {
    const text = formatYaml(JSON.parse(task.json));
    return { kind: 'text', text };
  }
  const parsed = parseYaml(task.octets, NAME);
  if (!parsed.ok) {
    const { path, message } = parsed.problems[0]!;
    return { kind: 'refused', why: `${path.replace(`${NAME}:`, '')} ${message}` };
  }
  if (!holdsAtMost(parsed.value, task.valuesMax))
    return { kind: 'refused', why: `it holds more than ${task.valuesMax} values` };
  return { kind: 'text', text: JSON.stringify(parsed.value) };
}

/** Returns true when there are at most `max` values, each counted as often as an alias repeats it. */
function holdsAtMost(value: unknown, valuesMax: number): boolean {
  const open = [value];
  let values = 0;
  for (; open.length > 0; values += 1) {
    if (values === valuesMax) return false;
    const next = open.pop();
    if (typeof next === 'object' && next !== null)
      for (const member of Object.values(next)) open.push(member);
  }
  return true;
}

parentPort!.on('message', (task: YamlTask) => parentPort!.postMessage(perform(task)));
