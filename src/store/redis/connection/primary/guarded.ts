import type { Socket } from 'node:net';

/** Ends a connection whose answers cannot be parsed: what the library throws there would end the process. */
export function guardParser(stream: Socket): void {
  // The parser comes first; those after it, such as the one that times answers, come and go.
  const [parse] = stream.listeners('data') as ((data: Buffer) => void)[];
  if (parse === undefined) return;
  stream.off('data', parse);
  stream.prependListener('data', (data: Buffer) => {
    try {
      parse.call(stream, data);
    } catch (error) {
      stream.destroy(error as Error);
    }
  });
}
