import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../../src/config/source/load.ts';
import { openTestAdmin } from '../server.ts';

const CONFIGURATION = `# Places count from the first line.
zones:
  - name: example.com
    ns:
      - { name: ns1.example.com, addresses: [192.0.2.53] }
    records:
      - { name: www, type: A, value: 192.0.2.1 }
      - name: many
        type: A
        value:
          - 192.0.2.2
          - 192.0.2.3
  - name: example.net
    file: db.example.net
`;
const ZONE_FILE = `@ 300 IN SOA ns1.example.org. host.example.org. 1 3600 600 86400 10
@ 300 IN NS ns1.example.org.

text 300 IN TXT "a"
`;

test('records and zones of the configuration file show their line, and so do the errors of a request that changes them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lifeguard-places-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'lifeguard.yaml');
  writeFileSync(path, CONFIGURATION);
  writeFileSync(join(folder, 'db.example.net'), ZONE_FILE);
  const loaded = loadConfig({ path, env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const api = await openTestAdmin({ zones: loaded.config.zones });
  onTestFinished(() => api.stop());
  const { body: zones } = await api.call('GET', '/client/v4/zones');
  const recordsOf = async (name: string) => {
    const { id } = zones.result.find((zone: { name: string }) => zone.name === name);
    const { body } = await api.call('GET', `/client/v4/zones/${id}/dns_records`);
    return { id, records: body.result };
  };
  const ofKeys = await recordsOf('example.com');
  const placesOf = (records: { content: string; meta: object }[]) =>
    Object.fromEntries(records.map(({ content, meta }) => [content, meta]));
  const at = (place: string) => ({ source: 'configuration', place });
  expect(placesOf(ofKeys.records)).toEqual({
    '192.0.2.1': at(`${path}:7`),
    '192.0.2.2': at(`${path}:11`),
    '192.0.2.3': at(`${path}:12`),
  });
  const ofFile = await recordsOf('example.net');
  expect(placesOf(ofFile.records)).toEqual({ '"a"': at('db.example.net:4') });
  const [text] = ofFile.records;
  const refused = await api.call('DELETE', `/client/v4/zones/${ofFile.id}/dns_records/${text.id}`);
  expect(refused.body.errors[0].message).toBe(
    'Record "text.example.net" TXT comes from the configuration file (db.example.net:4). Change it there.',
  );
  const zone = await api.call('PATCH', `/client/v4/zones/${ofFile.id}`, { paused: true });
  expect(zone.body.errors[0].message).toBe(
    `Zone "example.net" comes from the configuration file (${path}:13). Change it there.`,
  );
});
