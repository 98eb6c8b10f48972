/** The load balancer, its map and the explanations of the dashboard in a real browser. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CountriesAnswer } from '../../src/admin/explain/countries.ts';
import { REGIONS } from '../../src/place/regions.ts';
import { CHROMIUM, openBrowser, openPage, overflow, violations, type Watched } from './browser.ts';
import { HOSTILE, logIn, openSampleWorld, type SampleWorld } from './sample-world.ts';

let world: SampleWorld;
let browser: Browser;
let watched: Watched;
let page: Page;

/** The rows of a table, as texts. */
const row = (table: string, text: string) =>
  page.getByRole('table', { name: table, exact: true }).getByRole('row').filter({ hasText: text });

beforeAll(async () => {
  world = await openSampleWorld();
});
afterAll(() => world?.end());

describe('the answers for all countries', () => {
  const asked = (query: string) => world.call('GET', `/lifeguard/v1/explain/countries?${query}`);

  test.each([
    ['JP', 'NEAS', 'JP', 'america-west'],
    ['DE', 'WEU', 'DE', 'europe'],
    ['SG', 'SEAS', 'SG', 'asia'],
    ['US', 'WNAM', 'US-CA', 'america-west'],
    ['US', 'ENAM', 'US-NY', 'america-east'],
  ])('%s in %s gets what is explained for the place %s: %s', async (country, region, place, pool) => {
    const found = await asked('name=WWW.example.com');
    expect(found).toMatchObject({
      type: 'A',
      load_balancer: { id: world.balancer, name: 'www.example.com' },
    });
    const answers = (found.answers as CountriesAnswer[]).filter(({ countries }) =>
      countries.some((each) => each.country === country && each.region === region),
    );
    expect(answers.map(({ fallback, pools }) => ({ fallback, pools }))).toEqual([
      { fallback: false, pools: [{ id: expect.any(String), name: pool, share: 1 }] },
    ]);
    const one = await world.call('GET', `/lifeguard/v1/explain?name=www.example.com&place=${place}`);
    const likely = one.load_balancer.pools.filter(({ share }: { share: number }) => share > 0);
    expect(likely).toMatchObject([{ pool_name: pool, share: 1 }]);
  });

  test('have every country once, and each part of those in two regions', async () => {
    const { answers } = (await asked('name=api.example.com')) as { answers: CountriesAnswer[] };
    const found = answers.flatMap(({ countries }) =>
      countries.map((each) => `${each.country} ${each.region}`),
    );
    const all = REGIONS.flatMap(({ code, countries }) => countries.map((each) => `${each.code} ${code}`));
    expect(found.sort()).toEqual(all.sort());
    expect(answers[0]!.pools).toMatchObject([
      { name: 'europe', share: 0.5 },
      { name: 'america-east', share: 0.5 },
    ]);
  });

  test('are of load balancers and addresses only', async () => {
    expect(await asked('name=asia.pools.example.com')).toMatchObject({ load_balancer: null, answers: [] });
    await expect(asked('name=www.example.com&type=MX')).rejects.toThrow('type must be A or AAAA');
  });
});

describe.skipIf(CHROMIUM.missing)(CHROMIUM.title, () => {
  beforeAll(async () => {
    browser = await openBrowser();
    const { token } = await world.call('POST', '/lifeguard/v1/tokens', { name: 'looks', scope: 'read' });
    watched = await openPage(browser, world.origin, { viewport: { width: 1280, height: 900 } });
    page = watched.page;
    await page.goto('/load-balancers');
    await logIn(page, token);
  });
  afterAll(async () => {
    await browser?.close();
  });

  test('a load balancer has its pools in order, a map, and its rules in words', async () => {
    await page.getByRole('link', { name: 'www.example.com' }).click();
    await page.getByRole('heading', { name: 'www.example.com' }).waitFor();
    await row('Pools', 'europe').first().waitFor();
    await page.getByRole('img', { name: /^Map of the world\..*america-west: 2 countries|europe/ }).waitFor();
    await expect.poll(() => page.locator('.world path.country').count()).toBeGreaterThan(200);
    await page.getByText('Clients in Japan get').waitFor();
    await page.getByText(HOSTILE).waitFor();
    expect(await page.locator('img').count()).toBe(0);
    await page.getByText('The same as a table').click();
    await page.getByRole('searchbox', { name: 'Filter By country' }).fill('Germany');
    await row('By country', 'Germany').getByText('europe').waitFor();
  });

  test('a pool that fails is seen on the map, and as a failover', async () => {
    for (const name of ['europe-1', 'europe-2', 'europe-3']) world.stopEndpoint(name);
    await row('Pools', 'europe').getByText('unhealthy').waitFor();
    await row('By country', 'Germany').getByText('america-east').waitFor();
    await page.getByRole('list', { name: 'Latest failovers' }).getByText('degraded').first().waitFor();
  });

  test('an answer is explained, beside the one that is supposed', async () => {
    await page.getByRole('link', { name: 'Explain an answer' }).click();
    const now = page.getByRole('region', { name: 'Now' });
    await now.getByText('The client is located').waitFor();
    await page.getByLabel('the client were in').fill('JP');
    await page.keyboard.press('Enter');
    const supposed = page.getByRole('region', { name: 'Supposed' });
    await supposed.getByText('The list of country JP counts.').waitFor();
    await page.getByRole('checkbox', { name: 'america-west' }).check();
    await supposed.getByText('the fallback pool answers, whatever its health').waitFor();
    await supposed.getByText('another answer').waitFor();
    const { searchParams } = new URL(page.url());
    expect([searchParams.get('place'), searchParams.get('pool_down')]).toEqual([
      'JP',
      world.pools['america-west'],
    ]);
    await page.getByRole('button', { name: 'Suppose nothing' }).click();
    await supposed.waitFor({ state: 'detached' });
  });

  test('every type is explained, and what is wrong is said in words', async () => {
    await page.getByLabel('Type').selectOption('MX');
    await page.getByLabel('Name', { exact: true }).fill('example.com');
    await page.keyboard.press('Enter');
    await page.getByText(/^example\.com\. \d+ IN MX/).waitFor();
    expect(watched.faults).toEqual([]);
    await page.getByLabel('Address that asks').fill('nowhere');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'client must be an IPv4 or IPv6 address' }).waitFor();
    // The browser itself says that a request was refused.
    watched.faults.length = 0;
  });

  test.each([
    ['/explain?name=www.example.com', 'Name', '/lifeguard/v1/explain?'],
    ['/explain?name=www.example.com', 'the client were in', '/lifeguard/v1/explain?'],
    ['/events', 'Pool', '/lifeguard/v1/events?'],
  ])(
    'a text that is typed at %s (%s) was put back when the page was drawn anew',
    async (path, label, asked) => {
      await page.goto(path);
      const field = page.getByLabel(label, { exact: true });
      await field.waitFor();
      await field.pressSequentially('asia');
      const typed = await field.inputValue();
      expect(typed).toContain('asia');
      // The page reads anew by itself after some seconds.
      const response = await page.waitForResponse((each) => each.url().includes(asked), { timeout: 30_000 });
      await response.finished();
      await page.waitForTimeout(200); // until it is drawn
      expect(await field.inputValue()).toBe(typed);
    },
  );

  test.each(['light', 'dark'] as const)(
    'both are accessible in the %s theme, and fit 360 pixels',
    async (theme) => {
      await page.emulateMedia({ colorScheme: theme });
      const explain = `/explain?name=www.example.com&place=JP&pool_down=${world.pools['america-west']}`;
      for (const path of [`/load-balancers/${world.balancer}`, '/explain', explain]) {
        await page.setViewportSize({ width: 1280, height: 900 });
        await page.goto(path);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await expect.poll(() => page.locator('[aria-busy]').count()).toBe(0);
        if (path === explain) await page.getByRole('region', { name: 'Supposed' }).waitFor();
        expect(await violations(page), path).toEqual([]);
        await page.setViewportSize({ width: 360, height: 740 });
        expect([path, await overflow(page)]).toEqual([path, 0]);
      }
    },
  );

  test('a token that may only read is offered no action', async () => {
    await page.goto(`/load-balancers/${world.balancer}`);
    await page.getByRole('table', { name: 'Pools', exact: true }).waitFor();
    const offered = await page.getByRole('main').getByRole('button').allTextContents();
    expect(offered.filter((text) => /take|put|edit|delete|create|maintenance/i.test(text))).toEqual([]);
    expect(watched.faults).toEqual([]);
  });
});
