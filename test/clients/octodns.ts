import { join } from 'node:path';
import { fileInPages, replaced } from '../docs/fences.ts';
import { TOKEN } from '../support/lifeguard.ts';
import { type Client, get, mustAnswer, mustContain, output } from './client.ts';

const PACKAGES = ['octodns==1.22.0', 'octodns-cloudflare==1.2.0'];
const NO_CHANGES = 'No changes were planned';

/** octoDNS: plans and makes the records of a file, plans nothing then, and dumps what it made. */
export const OCTODNS: Client = {
  name: 'octodns',
  async get(directory) {
    const own = join(directory, 'octodns');
    await get(['python3', '-m', 'venv', own]);
    await get([join(own, 'bin', 'pip'), 'install', '--quiet', ...PACKAGES]);
  },
  async use(stage, directory) {
    const bin = (name: string) => join(directory, 'octodns', 'bin', name);
    stage.file('octodns.yaml', replaced(fileInPages('octodns.yaml'), 'my-token', TOKEN));
    stage.file('example.com.yaml', fileInPages('example.com.yaml'));
    const sync = (...words: string[]) =>
      output(stage, [bin('octodns-sync'), '--config-file', 'octodns.yaml', ...words]);
    mustContain(await sync(), 'Summary: Creates=');
    mustContain(await sync('--doit'), 'Creates=');
    await mustAnswer(stage, 'www.example.com', 'A', '192.0.2.1, 192.0.2.2');
    await mustAnswer(stage, 'example.com', 'MX', '10 mail.example.com., 20 mail2.example.com.');
    mustContain(await sync(), NO_CHANGES);
    // What it dumps is the same records again.
    const dump = [bin('octodns-dump'), '--config-file', 'octodns.yaml', '--output-dir', '.'];
    await output(stage, [...dump, 'example.com.', 'lifeguard']);
    mustContain(await sync(), NO_CHANGES);
    stage.file('example.com.yaml', replaced(fileInPages('example.com.yaml'), '192.0.2.2', '192.0.2.3'));
    mustContain(await sync('--doit', '--force'), /Updates=1/);
    await mustAnswer(stage, 'www.example.com', 'A', '192.0.2.1, 192.0.2.3');
    mustContain(await sync(), NO_CHANGES);
  },
};
