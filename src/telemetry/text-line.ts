/** Fields that a line has in its own places, or that say nothing to a person. */
const PLACED = ['time', 'level', 'msg', 'pid', 'err'];

/** Formats a line of the log, which is JSON with a final newline, for people: time, level, text, and the other fields as `name=value`. What is no JSON stays. */
export function textLine(json: string): string {
  let entry: Readonly<Record<string, unknown>>;
  try {
    entry = JSON.parse(json) as Record<string, unknown>;
  } catch {
    return json;
  }
  const { time, level, msg, err } = entry;
  const fields = Object.entries(entry).filter(([name]) => !PLACED.includes(name));
  const words = [
    String(time).replace('T', ' ').replace('Z', ''),
    String(level).toUpperCase().padEnd(5),
    onOneLine(String(msg ?? '')),
    ...fields.map(([name, value]) => `${name}=${shown(value)}`),
  ];
  return `${words.join(' ')}\n${errorLines(err)}`;
}

/** A plain word as it is, all else as JSON, whose quotes show where a text ends. */
function shown(value: unknown): string {
  const isWord = typeof value === 'string' && /^[^\s"'=\p{C}]+$/u.test(value);
  return isWord ? value : JSON.stringify(value);
}

/** The message of an error, and its stack where it is a fault, each line below the text. */
function errorLines(err: unknown): string {
  if (typeof err !== 'object' || err === null) return '';
  const { type, message, stack } = err as Readonly<Record<string, unknown>>;
  const text = typeof stack === 'string' ? stack : `${String(type)}: ${String(message)}`;
  return text
    .split('\n')
    .map((line) => `    ${onOneLine(line.trim())}\n`)
    .join('');
}

/** Without characters that a terminal would obey. */
function onOneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}
