/** Every view of the dashboard by the keyboard alone, in a real browser: no test here uses a pointer. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { type LifeguardProcess, startLifeguard, TOKEN } from '../support/lifeguard.ts';
import { CHROMIUM, openBrowser, openPage, type Watched } from './browser.ts';
import { logIn } from './sample-world.ts';

/** Presses of Tab after which something counts as out of reach. */
const TABS_MAX = 120;
/** Presses of Tab that come around in every dialog, at the most. */
const DIALOG_TABS = 30;
const directory = mkdtempSync(join(tmpdir(), 'lifeguard-keyboard-'));
let lifeguard: LifeguardProcess;
let origin: string;
let browser: Browser;
let watched: Watched;
let page: Page;
let zone: string;
let pool: string;
let balancer: string;

async function call(method: string, path: string, body?: object) {
  const response = await fetch(origin + path, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON as it came
  const { errors, result } = (await response.json()) as any;
  expect([method, path, errors]).toEqual([method, path, []]);
  return result;
}

/** What has the focus: its name, and whether it is in a dialog, is seen, and shows that it has the focus. */
interface Stop {
  readonly name: string;
  readonly isInDialog: boolean;
  readonly isSeen: boolean;
  readonly isMarked: boolean;
}

const stop = () =>
  page.evaluate(`(() => {
    const it = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(it);
    const { bottom, top, width } = it.getBoundingClientRect();
    const label = it.getAttribute('aria-label') ?? it.labels?.[0]?.textContent ?? it.textContent;
    return {
      name: it === document.body ? 'the page' : label.trim(),
      isInDialog: it.closest('dialog') !== null,
      isSeen: width > 0 && bottom > 0 && top < innerHeight,
      isMarked: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2,
    };
  })()`) as Promise<Stop>;

/** Presses Tab until what is wanted has the focus. */
async function tabTo(wanted: string | RegExp): Promise<void> {
  const met: string[] = [];
  for (let tabs = 0; tabs < TABS_MAX; tabs += 1) {
    const { name } = await stop();
    if (typeof wanted === 'string' ? name === wanted : wanted.test(name)) return;
    met.push(name);
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not reach ${wanted}, but: ${[...new Set(met)].join(', ')}`);
}

async function activate(wanted: string | RegExp): Promise<void> {
  await tabTo(wanted);
  await page.keyboard.press('Enter');
}

/** Opens a dialog, and waits until it has the focus. */
async function ask(wanted: string): Promise<void> {
  await activate(wanted);
  await expect.poll(async () => (await stop()).isInDialog).toBe(true);
}

/** Opens a view, and waits until all of it is there. */
async function open(path: string): Promise<void> {
  await page.goto(path);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await expect.poll(() => page.locator('[aria-busy]').count()).toBe(0);
}

const focus = (name: string | RegExp) => expect.poll(async () => (await stop()).name).toMatch(name);
const dialogue = () => page.getByRole('dialog');

/** Presses Tab in a dialog until it comes around: nothing behind the dialog gets the focus. */
async function expectTrapped(): Promise<void> {
  await expect.poll(async () => (await stop()).isInDialog).toBe(true);
  const first = await stop();
  const met: string[] = [];
  for (let tabs = 0; tabs < DIALOG_TABS; tabs += 1) {
    await page.keyboard.press('Tab');
    const { name, isInDialog, isMarked } = await stop();
    met.push(name);
    // Between the last and the first is the browser's own, such as the address.
    if (name === 'the page') continue;
    expect([name, isInDialog, isMarked]).toEqual([name, true, true]);
    if (name === first.name) return;
  }
  expect(met).toContain(first.name);
}

describe.skipIf(CHROMIUM.missing)(CHROMIUM.title, () => {
  beforeAll(async () => {
    origin = `http://127.0.0.1:${await freePort()}`;
    const environment = { LIFEGUARD_DATA_DIR: directory, LIFEGUARD_API_LISTEN: new URL(origin).host };
    [lifeguard, browser] = await Promise.all([startLifeguard('serve', environment), openBrowser()]);
    zone = (await call('GET', '/client/v4/zones?name=example.com'))[0].id;
    const origins = ['web-1', 'web-2'].map((name, i) => ({ name, address: `192.0.2.${i + 1}` }));
    pool = (await call('POST', '/client/v4/user/load_balancers/pools', { name: 'web', origins })).id;
    balancer = (
      await call('POST', `/client/v4/zones/${zone}/load_balancers`, {
        name: 'www.example.com',
        default_pools: [pool],
        fallback_pool: pool,
      })
    ).id;
    watched = await openPage(browser, origin, { viewport: { width: 1280, height: 900 } });
    page = watched.page;
    await page.goto('/');
    await logIn(page);
  });
  afterAll(async () => {
    await browser?.close();
    await lifeguard?.end();
    rmSync(directory, { recursive: true, force: true });
  });

  test('every stop of Tab in every view is seen, and shows that it has the focus', async () => {
    for (const path of [
      '/',
      '/pools',
      `/pools/${pool}`,
      '/load-balancers',
      `/load-balancers/${balancer}`,
      '/explain?name=www.example.com',
      '/events',
      '/zones',
      `/zones/${zone}`,
      '/tokens',
    ]) {
      await open(path);
      const names: string[] = [];
      for (let tabs = 0; tabs < TABS_MAX; tabs += 1) {
        await page.keyboard.press('Tab');
        const { name, isSeen, isMarked } = await stop();
        if (name === 'the page') break;
        names.push(name);
        expect([path, name, isSeen, isMarked]).toEqual([path, name, true, true]);
      }
      expect(names.slice(0, 3)).toEqual(['Skip to the content', 'Lifeguard', 'Overview']);
    }
  }, 120_000);

  test('each view is reached from the navigation, and its content by one more key', async () => {
    await open('/');
    for (const [link, heading] of [
      ['Pools', 'Pools'],
      ['Load balancers', 'Load balancers'],
      ['Explain', 'Explain'],
      ['Events', 'Events'],
      ['Zones', 'Zones'],
      ['Tokens', 'Tokens'],
    ] as const) {
      await activate(link);
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
    }
    await page.keyboard.press('Shift+Tab');
    await activate('Skip to the content');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
  });

  test('an endpoint is taken out and put back, and the focus stays at its row', async () => {
    await open('/pools');
    await activate('web');
    await page.getByRole('heading', { name: 'web' }).waitFor();
    // The link is gone with its view: the next Tab begins in the new one.
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await ask('Take out: web-1');
    await expectTrapped();
    await page.keyboard.press('Escape');
    await dialogue().waitFor({ state: 'detached' });
    await focus('Take out: web-1');
    await page.keyboard.press('Enter');
    await dialogue().waitFor();
    await focus('Reason');
    await page.keyboard.type('disk');
    await page.keyboard.press('Enter');
    await focus('End the override of web-1');
    await page.keyboard.press('Enter');
    await dialogue().getByText('Its checks decide again').waitFor();
    await activate('End the override');
    await focus('Take out: web-1');
    expect(await call('GET', '/lifeguard/v1/overrides')).toEqual([]);
  });

  test('a record is added, edited and deleted', async () => {
    await open(`/zones/${zone}?search=keys`);
    await ask('Add a record');
    await expectTrapped();
    await tabTo(/^Name/);
    await page.keyboard.type('keys');
    await tabTo(/^Type/);
    await page.keyboard.type('TXT');
    await tabTo(/^Content/);
    await page.keyboard.type('"one"');
    await activate('Add');
    await dialogue().waitFor({ state: 'detached' });
    await focus('Add a record');
    await page.getByRole('cell', { name: '"one"' }).waitFor();
    await ask('Edit keys.example.com TXT');
    await tabTo(/^Content/);
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('"two"');
    await activate('Save');
    await page.getByRole('cell', { name: '"two"' }).waitFor();
    await focus('Edit keys.example.com TXT');
    await ask('Delete keys.example.com TXT');
    await activate('Delete');
    await page.getByText('No record is like this.').waitFor();
    await focus(/^(?!the page)/);
  });

  test('a zone is created and deleted, and its settings are changed', async () => {
    await open('/zones');
    await ask('Create a zone');
    await expectTrapped();
    await tabTo(/^Name/);
    await page.keyboard.type('example.org');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'example.org', exact: true }).waitFor();
    await focus(/^(?!the page)/);
    await ask('Change the settings');
    await expectTrapped();
    await tabTo(/^Retry \(SOA\)/);
    await page.keyboard.type('120');
    await page.keyboard.press('Enter');
    await page.getByText('120 s').waitFor();
    await focus('Change the settings');
    await ask('Delete the zone');
    await activate('Delete');
    await page.getByRole('heading', { level: 1, name: 'Zones' }).waitFor();
    await focus(/^(?!the page)/);
  });

  test('a token is made and deleted', async () => {
    await open('/tokens');
    await ask('Create a token');
    await expectTrapped();
    await tabTo(/^Name/);
    await page.keyboard.type('keys');
    await page.keyboard.press('Enter');
    await page.getByText('nobody can see it again').waitFor();
    await activate('I have kept it');
    await dialogue().waitFor({ state: 'detached' });
    await focus('Create a token');
    await page.getByRole('button', { name: 'Delete keys' }).waitFor();
    await ask('Delete keys');
    await activate('Delete');
    await page.getByText('There are no tokens yet.').waitFor();
    await focus(/^(?!the page)/);
  });

  test('an answer is explained, and supposed to be another', async () => {
    await open('/explain');
    await tabTo('Name');
    await page.keyboard.type('www.example.com');
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'Now' }).waitFor();
    await tabTo('web');
    await page.keyboard.press('Space');
    await page.getByRole('region', { name: 'Supposed' }).waitFor();
  });

  test('events are selected, and a table is ordered', async () => {
    await open('/events');
    await tabTo(/^Kind/);
    await page.keyboard.type('audit');
    await page.getByText('created the').first().waitFor();
    await open('/pools');
    await tabTo('Pool');
    await page.keyboard.press('Enter');
    await page
      .getByRole('columnheader', { name: 'Pool' })
      .and(page.locator('[aria-sort=ascending]'))
      .waitFor();
    // A page may ask once more for the zone that it deletes.
    expect(watched.faults.filter((fault) => !fault.includes('status of 404'))).toEqual([]);
  });
});
