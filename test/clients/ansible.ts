import { fileInPages, replaced } from '../docs/fences.ts';
import { TOKEN } from '../support/lifeguard.ts';
import { isInstalled } from '../support/server/resolver.ts';
import { type Client, get, mustAnswer, mustContain, NotToBeHad, output } from './client.ts';

/** Ansible of Debian: makes records by a playbook, and changes nothing the second time. */
export const ANSIBLE: Client = {
  name: 'ansible',
  async get() {
    if (isInstalled('ansible-playbook')) return;
    if (!isInstalled('apt-get')) throw new NotToBeHad('there is no apt-get');
    await get(['apt-get', 'install', '-qq', '-y', '--no-install-recommends', 'ansible'], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
    });
  },
  async use(stage) {
    const file = stage.file('playbook.yaml', replaced(fileInPages('playbook.yaml'), 'my-token', TOKEN));
    const play = (...words: string[]) =>
      output(stage, ['ansible-playbook', '-i', 'localhost,', ...words, file], {
        ANSIBLE_PYTHON_INTERPRETER: '/usr/bin/python3',
        ANSIBLE_LOCALHOST_WARNING: 'false',
      });
    mustContain(await play(), /changed=[1-9]\d* .* failed=0/);
    await mustAnswer(stage, 'ansible.example.com', 'A', '192.0.2.1');
    await mustAnswer(stage, '_sip._tcp.example.com', 'SRV', '10 5 5060 sip.example.com.');
    // The SRV record, of which docs/CLIENTS.md tells.
    mustContain(await play(), /changed=1 .* failed=0/);
    mustContain(await play('--extra-vars', 'state=absent'), /changed=[1-9]\d* .* failed=0/);
    await mustAnswer(stage, 'ansible.example.com', 'A', '');
    mustContain(await play('--extra-vars', 'state=absent'), /changed=0 .* failed=0/);
  },
};
