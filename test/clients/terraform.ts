import { dirname } from 'node:path';
import process from 'node:process';
import { fileInPages } from '../docs/fences.ts';
import { isInstalled } from '../support/server/resolver.ts';
import { type Client, mustAnswer, mustContain, NotToBeHad, output } from './client.ts';

/** The provider's executable, of version 5: no registry that is reached everywhere has it. */
const VARIABLE = 'TERRAFORM_PROVIDER_CLOUDFLARE';

/** Terraform: applies a configuration, plans no change, imports what it made, and destroys it. */
export const TERRAFORM: Client = {
  name: 'terraform',
  async get() {
    if (!isInstalled('terraform')) throw new NotToBeHad('terraform is not installed');
    if (process.env[VARIABLE] === undefined)
      throw new NotToBeHad(`${VARIABLE} must name the executable of the provider`);
  },
  async use(stage) {
    stage.file('main.tf', fileInPages('main.tf'));
    const overrides = `"cloudflare/cloudflare" = "${dirname(process.env[VARIABLE]!)}"`;
    const config = `provider_installation {\n  dev_overrides {\n    ${overrides}\n  }\n  direct {}\n}\n`;
    const env = {
      TF_CLI_CONFIG_FILE: stage.file('terraform.rc', config),
      CLOUDFLARE_BASE_URL: stage.url,
      CHECKPOINT_DISABLE: '1',
      TF_IN_AUTOMATION: '1',
    };
    const terraform = (...words: string[]) => output(stage, ['terraform', ...words, '-no-color'], env);
    mustContain(await terraform('apply', '-auto-approve'), /Apply complete! Resources: \d+ added/);
    await mustAnswer(stage, 'www.terraform.example.net', 'A', '192.0.2.1');
    await mustAnswer(stage, 'lb.terraform.example.net', 'A', '192.0.2.7');
    mustContain(await terraform('plan'), 'No changes.');
    const state = JSON.parse(await terraform('show', '-json').then((text) => text.slice(text.indexOf('{'))));
    const resources = state.values.root_module.resources as {
      address: string;
      type: string;
      values: Record<string, string>;
    }[];
    for (const { address, type, values } of resources) {
      const id = importId(type, values);
      await terraform('state', 'rm', address);
      await terraform('import', address, id);
    }
    mustContain(await terraform('plan'), 'No changes.');
    mustContain(await terraform('destroy', '-auto-approve'), /Destroy complete!/);
    await mustAnswer(stage, 'www.terraform.example.net', 'A', '');
  },
};

/** What the provider wants for the import of a resource. */
function importId(type: string, values: Readonly<Record<string, string>>): string {
  const { id = '', zone_id: zone, account_id: account } = values;
  if (type === 'cloudflare_zone') return id;
  return `${zone ?? account}/${id}`;
}
