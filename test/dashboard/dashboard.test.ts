/** The dashboard in a real browser, of a real process with endpoints that come and go. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TOKEN as ADMIN_TOKEN, openTestAdmin } from '../admin/server.ts';
import { freePort } from '../support/free-port.ts';
import { type LifeguardProcess, startLifeguard, TOKEN } from '../support/lifeguard.ts';
import { CHROMIUM, openBrowser, openPage, overflow, violations, type Watched } from './browser.ts';

const HOSTILE = '<img src=x onerror=alert(1)>';
const directory = mkdtempSync(join(tmpdir(), 'lifeguard-dashboard-'));
const servers: Server[] = [];
let lifeguard: LifeguardProcess;
let origin: string;
let browser: Browser;
let watched: Watched;
let page: Page;
let pool: string;

async function call(method: string, path: string, body?: object, token = TOKEN) {
  const response = await fetch(origin + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON as it came
  const { errors, result } = (await response.json()) as any;
  expect([method, path, errors]).toEqual([method, path, []]);
  return result;
}

const environment = () => ({ LIFEGUARD_DATA_DIR: directory, LIFEGUARD_API_LISTEN: new URL(origin).host });

async function listen(server: Server, address: string, port: number): Promise<void> {
  server.listen(port, address);
  await once(server, 'listening');
}

async function logIn(on: Page, token = TOKEN): Promise<void> {
  await on.getByLabel('Token').fill(token);
  await on.keyboard.press('Enter');
  await on.getByRole('button', { name: 'Log out' }).waitFor();
}

/** The row of an endpoint on the page of its pool. */
const row = (name: string) =>
  page.getByRole('table', { name: 'Endpoints by region' }).getByRole('row').filter({ hasText: name });

describe.skipIf(CHROMIUM.missing)(CHROMIUM.title, () => {
  beforeAll(async () => {
    origin = `http://127.0.0.1:${await freePort()}`;
    for (let i = 0; i < 3; i += 1) {
      const server = createServer((_, response) => response.end('ok'));
      await listen(server, `127.0.0.${i + 1}`, 0);
      servers.push(server);
    }
    [lifeguard, browser] = await Promise.all([startLifeguard('all', environment()), openBrowser()]);
    const base = '/client/v4/user/load_balancers';
    const monitor = await call('POST', `${base}/monitors`, {
      type: 'http',
      expected_codes: '2xx',
      interval: 1,
      timeout: 1,
      retries: 0,
    });
    const origins = servers.map((server, i) => ({
      name: `web-${i + 1}`,
      address: `127.0.0.${i + 1}`,
      port: (server.address() as AddressInfo).port,
    }));
    pool = (await call('POST', `${base}/pools`, { name: 'web', monitor: monitor.id, origins })).id;
    await call('POST', `${base}/pools`, {
      name: 'hostile',
      description: HOSTILE,
      origins: [{ name: HOSTILE, address: '192.0.2.1' }],
    });
    watched = await openPage(browser, origin, { viewport: { width: 1280, height: 900 } });
    page = watched.page;
    await page.goto('/');
  });
  afterAll(async () => {
    await browser?.close();
    await lifeguard?.end();
    for (const server of servers) server.close().closeAllConnections();
    rmSync(directory, { recursive: true, force: true });
  });

  test('the log says where it is', () => {
    expect(lifeguard.log.find(({ msg }) => msg === 'listening')).toMatchObject({ dashboard: `${origin}/` });
  });

  test('a link with a code logs in once, and its code does not stay in the address', async () => {
    const admin = await openTestAdmin();
    const code = admin.loginCode(ADMIN_TOKEN);
    const first = await openPage(browser, admin.url);
    await first.page.goto(`/events?kind=audit#login=${code}`);
    await first.page.getByRole('button', { name: 'Log out' }).waitFor();
    expect(first.page.url()).toBe(`${admin.url}/events?kind=audit`);
    expect(first.faults).toEqual([]);
    const second = await openPage(browser, admin.url);
    await second.page.goto(`/#login=${code}`);
    await second.page.getByText('it was used already').waitFor();
    await Promise.all([first.context.close(), second.context.close()]);
    await admin.stop();
  });

  test('a wrong token is refused in words, and a right one shows the overview', async () => {
    await page.getByLabel('Token').fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'Invalid access token' }).waitFor();
    // The browser itself says of each refused request that it was refused.
    watched.faults.length = 0;
    await logIn(page);
    await page.getByRole('heading', { name: 'All is well' }).waitFor();
    await page.getByRole('link', { name: '3 healthy' }).or(page.getByText('3 healthy')).first().waitFor();
  });

  test('an endpoint that dies is seen to die, and to come back, without loading the page again', async () => {
    await page.getByRole('navigation').getByRole('link', { name: 'Pools' }).click();
    await page.getByRole('link', { name: 'web', exact: true }).click();
    await page.getByRole('heading', { name: 'web' }).waitFor();
    await row('web-2').getByText('yes').waitFor();
    const { port } = servers[1]!.address() as AddressInfo;
    servers[1]!.close().closeAllConnections();
    await row('web-2').getByText('TCP connection failed').waitFor();
    await row('web-2').getByText('no', { exact: true }).waitFor();
    await page.getByText('2 of 3 endpoints are in answers').waitFor();
    await listen(servers[1]!, '127.0.0.2', port);
    await page.getByText('3 of 3 endpoints are in answers').waitFor();
  });

  test('an endpoint is taken out after a question that says what remains, and comes back', async () => {
    const dialogue = page.getByRole('dialog');
    await page.getByRole('button', { name: 'Maintenance: the whole pool' }).click();
    await dialogue.getByText('0 of 3 stay in answers.').waitFor();
    await dialogue.getByRole('button', { name: 'Cancel' }).click();
    await dialogue.waitFor({ state: 'detached' });
    await row('web-1').getByRole('button', { name: 'Take out' }).click();
    await dialogue.getByText('2 of 3 stay in answers.').waitFor();
    await page.keyboard.press('Escape');
    await dialogue.waitFor({ state: 'detached' });
    await row('web-1').getByRole('button', { name: 'Take out' }).click();
    await dialogue.getByLabel('Reason').fill(HOSTILE);
    await dialogue.getByRole('button', { name: 'Take out' }).click();
    await row('web-1').getByText('override: out').waitFor();
    expect(await call('GET', '/lifeguard/v1/overrides')).toMatchObject([
      { pool_id: pool, endpoint: 'web-1', action: 'out', owner: 'bootstrap', reason: HOSTILE },
    ]);
    await page.getByRole('table', { name: 'Overrides' }).getByText(HOSTILE).waitFor();
    await row('web-1').getByRole('button', { name: 'End the override' }).click();
    await dialogue.getByRole('button', { name: 'End the override' }).click();
    await page.getByText('3 of 3 endpoints are in answers').waitFor();
  });

  test.each(['light', 'dark'] as const)(
    'every view is accessible in the %s theme, and fits 360 pixels',
    async (theme) => {
      await page.emulateMedia({ colorScheme: theme });
      for (const path of ['/', '/pools', `/pools/${pool}`, '/load-balancers', '/events', '/nothing-here']) {
        await page.goto(path === '/nothing-here' ? '/pools/a/b/c' : path);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await expect.poll(() => page.locator('[aria-busy]').count()).toBe(0);
        await page.setViewportSize({ width: 1280, height: 900 });
        expect(await violations(page), path).toEqual([]);
        await page.setViewportSize({ width: 360, height: 740 });
        expect([path, await overflow(page)]).toEqual([path, 0]);
      }
      await page.setViewportSize({ width: 1280, height: 900 });
    },
  );

  test('names and descriptions are text, whatever is in them', async () => {
    await page.goto('/pools');
    await page.getByRole('searchbox', { name: 'Name' }).fill('HOST');
    await page.getByRole('link', { name: 'web', exact: true }).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'hostile' }).click();
    await page.getByText(HOSTILE).first().waitFor();
    expect(await page.locator('img').count()).toBe(0);
  });

  test('a table is ordered by the column that is clicked', async () => {
    await page.goto('/pools?order=name');
    const first = page.getByRole('table', { name: 'Pools' }).getByRole('row').nth(1);
    await first.getByRole('link', { name: 'hostile' }).waitFor();
    const column = page.getByRole('columnheader', { name: 'Pool' });
    await column.getByRole('button').click();
    await column.getByRole('button').click();
    await first.getByRole('link', { name: 'web' }).waitFor();
    expect(await column.getAttribute('aria-sort')).toBe('descending');
  });

  test('events can be selected, and new ones appear', async () => {
    await page.goto('/events?kind=override');
    await page.getByText('Override (out) of').first().waitFor();
    await page.getByLabel('Kind').selectOption('audit');
    await call('POST', '/lifeguard/v1/tokens', { name: 'fresh', scope: 'read' });
    await page.getByText('bootstrap created the token fresh').waitFor();
    expect(new URL(page.url()).searchParams.get('kind')).toBe('audit');
  });

  test('the keyboard is enough', async () => {
    await page.goto('/');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await page.goto(`/pools/${pool}`);
    await row('web-3').getByRole('button', { name: 'Maintenance' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByLabel('Reason').waitFor();
    expect(await page.evaluate('document.activeElement.name')).toBe('reason');
    await page.keyboard.type('disk');
    await page.keyboard.press('Enter');
    await row('web-3').getByText('override: maintenance').waitFor();
    await call('DELETE', `/lifeguard/v1/overrides/${(await call('GET', '/lifeguard/v1/overrides'))[0].id}`);
  });

  test('a token that may only look is offered nothing else, and its end is seen where it was', async () => {
    const { id, token } = await call('POST', '/lifeguard/v1/tokens', { name: 'looks', scope: 'read' });
    const other = await openPage(browser, origin);
    await other.page.goto(`/pools/${pool}`);
    await logIn(other.page, token);
    await other.page.getByText('web-1').first().waitFor();
    expect(await other.page.getByRole('button', { name: 'Take out' }).count()).toBe(0);
    expect(other.faults).toEqual([]);
    await call('DELETE', `/lifeguard/v1/tokens/${id}`);
    await other.page.getByText('session has ended').waitFor();
    expect(new URL(other.page.url()).pathname).toBe(`/pools/${pool}`);
    await logIn(other.page);
    await other.page.getByText('web-1').first().waitFor();
    await other.context.close();
  });

  test('the page of what was deleted says so, and leads to the others (it said "not found")', async () => {
    const { id } = await call('POST', '/client/v4/user/load_balancers/pools', {
      name: 'short-lived',
      origins: [{ name: 'a', address: '192.0.2.1' }],
    });
    const other = await openPage(browser, origin);
    await other.page.goto(`/pools/${id}`);
    await logIn(other.page);
    await other.page.getByRole('heading', { name: 'short-lived' }).waitFor();
    await call('DELETE', `/client/v4/user/load_balancers/pools/${id}`);
    await other.page.getByText('This pool was deleted. The page shows what was known last.').waitFor();
    for (const [path, what, all] of [
      [`/pools/${id}`, 'pool', 'All pools'],
      [`/zones/${id}`, 'zone', 'All zones'],
      [`/load-balancers/${id}`, 'load balancer', 'All load balancers'],
    ] as const) {
      await other.page.goto(path);
      await other.page.getByText(`There is no ${what} at this address. It may have been deleted.`).waitFor();
      await other.page.getByRole('link', { name: all }).click();
      await other.page.getByRole('heading', { level: 1, name: all.slice('All '.length) }).waitFor();
    }
    await other.context.close();
  });

  test('nothing went wrong on the way, and nothing came from elsewhere', () =>
    expect(watched.faults).toEqual([]));

  test('a restart of the server is seen, and the page goes on where it was after a login', async () => {
    await page.goto(`/pools/${pool}`);
    await row('web-1').waitFor();
    await lifeguard.end();
    await page.getByText('The server is away').waitFor();
    await row('web-1').waitFor();
    lifeguard = await startLifeguard('all', environment());
    await page.getByText('session has ended').waitFor();
    await logIn(page);
    await row('web-1').waitFor();
    expect(new URL(page.url()).pathname).toBe(`/pools/${pool}`);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByText('You are logged out.').waitFor();
  });
});
