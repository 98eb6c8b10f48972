/**
 * `npm run screenshots`: takes pictures of every view of the dashboard, in both themes, into docs/images, with a sample of pools all
 * over the world of which some have failed.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../support/source-tree.ts';
import { openBrowser, openPage } from './browser.ts';
import { logIn, openSampleWorld, type SampleWorld } from './sample-world.ts';

const FOLDER = join(PROJECT, 'docs/images');
const VIEWPORT = { width: 1200, height: 760 };
/** Octets that a picture may have: a clone of the project takes each with it for ever. */
const OCTETS_MAX = 250_000;

const RECORDS = [
  { type: 'A', name: '@', content: '192.0.2.10', ttl: 300 },
  { type: 'AAAA', name: '@', content: '2001:db8::10', ttl: 300 },
  { type: 'CNAME', name: 'www', content: 'www.example.com', ttl: 300 },
  { type: 'MX', name: '@', content: 'mail.example.org', priority: 10, ttl: 3_600 },
  { type: 'TXT', name: '@', content: '"v=spf1 mx -all"', ttl: 3_600, comment: 'mail' },
  { type: 'CAA', name: '@', content: '0 issue "letsencrypt.org"', ttl: 3_600 },
];
const CERTIFICATES = { records: { zones: ['example.org'], names: ['_acme-challenge.*'], types: ['TXT'] } };

/** The address of each picture, by its name. */
function addressesOf({ pools, balancer }: SampleWorld, zone: string): Readonly<Record<string, string>> {
  return {
    overview: '/',
    pools: '/pools',
    pool: `/pools/${pools.asia}`,
    'load-balancers': '/load-balancers',
    'load-balancer': `/load-balancers/${balancer}`,
    explain: `/explain?name=www.example.com&place=JP&pool_down=${pools['america-west']}`,
    events: '/events',
    zones: '/zones',
    zone: `/zones/${zone}`,
    tokens: '/tokens',
  };
}

const world = await openSampleWorld();
const browser = await openBrowser();
try {
  const { page } = await openPage(browser, world.origin, { viewport: VIEWPORT });
  await page.goto('/');
  await logIn(page);
  await page.getByRole('heading', { name: 'All is well' }).waitFor();
  for (const name of ['asia-2', 'europe-1', 'europe-2', 'europe-3']) world.stopEndpoint(name);
  await world.call('POST', '/lifeguard/v1/overrides', {
    ...{ pool: world.pools['america-east'], endpoint: 'america-east-2', action: 'maintenance' },
    ...{ reason: 'new kernel', owner: 'ada' },
  });
  const zone = (await world.call('POST', '/client/v4/zones', { name: 'example.org' })).id;
  for (const record of RECORDS) await world.call('POST', `/client/v4/zones/${zone}/dns_records`, record);
  await world.call('POST', '/lifeguard/v1/tokens', { name: 'certificates', scope: 'edit', ...CERTIFICATES });
  await world.call('POST', '/lifeguard/v1/tokens', { name: 'dashboards', scope: 'read' });
  const wrong = page.getByRole('table', { name: 'What is wrong now' });
  for (const name of ['www.example.com', 'asia-2']) await wrong.getByText(name).first().waitFor();
  mkdirSync(FOLDER, { recursive: true });
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme });
    for (const [name, address] of Object.entries(addressesOf(world, zone))) {
      await page.goto(address);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.locator('[aria-busy]').first().waitFor({ state: 'detached' });
      if (name === 'load-balancer') await page.locator('.world .country').first().waitFor();
      if (name === 'explain') await page.getByRole('region', { name: 'Supposed' }).waitFor();
      if (name === 'load-balancer') {
        await page.getByRole('heading', { name: 'Who gets what now' }).evaluate((it) => it.scrollIntoView());
        // Chromium paints what came into view with the frame after the next.
        await page.evaluate(
          'new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)))',
        );
      }
      const path = join(FOLDER, `${name}-${theme}.png`);
      const picture = await page.screenshot();
      if (picture.length > OCTETS_MAX)
        throw new Error(`${path} has ${picture.length} octets, more than ${OCTETS_MAX}`);
      writeFileSync(path, picture);
    }
  }
} finally {
  await browser.close();
  await world.end();
}
