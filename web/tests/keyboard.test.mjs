// With the keyboard alone, on every page: what can be used is reached, says what it is, shows that it
// has the focus, and lets go of it; headings are in order; what happens is told to who only hears.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { becomes, handOver, letIn, newBrowser, newWorld } from './world.mjs';

/** More presses than any of these pages has places to stop at. */
const STOPS_MAX = 120;
const SETTINGS = ['general', 'models', 'budgets', 'network', 'folders', 'memory', 'machine', 'phone', 'doctor'];

/** What has the focus, as a screen reader is told; `null`: nothing in the page. */
async function focused(page, cdp) {
  const seen = await page.evaluate(() => {
    const it = document.activeElement;
    if (!it || it === document.body) return null;
    window.stops ??= new Set();
    const isAgain = window.stops.has(it);
    window.stops.add(it);
    // A tick or a choice shows it at its label; a field around itself.
    const around = it.closest('label') ?? it;
    const shows = [it, around, ...around.querySelectorAll('*')].some((part) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(part);
      return outlineStyle !== 'none' && outlineWidth !== '0px';
    });
    const { top, bottom } = around.getBoundingClientRect();
    return { isAgain, shows, isSeen: bottom > 0 && top < innerHeight, html: it.outerHTML.slice(0, 100) };
  });
  if (!seen) return null;
  const { result } = await cdp.send('Runtime.evaluate', { expression: 'document.activeElement' });
  const { nodes } = await cdp.send('Accessibility.getPartialAXTree', { objectId: result.objectId, fetchRelatives: false });
  const node = nodes.find((it) => !it.ignored);
  return { ...seen, role: node?.role?.value ?? '', name: node?.name?.value ?? '' };
}

/** What can be used and was not stopped at. Of choices, and of a list whose rows hold buttons, one is a
 *  stop, and arrows do the rest. */
const missed = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('a[href], button, input, textarea, select, summary')]
      .filter((it) => it.checkVisibility({ visibilityProperty: true }) && !it.closest('details:not([open]) > :not(summary), [role=grid]'))
      .filter((it) => !it.disabled && it.tabIndex >= 0 && it.type !== 'radio' && !window.stops.has(it))
      .map((it) => it.outerHTML.slice(0, 100)),
  );

const headings = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('main :is(h1, h2, h3, h4, h5, h6)')]
      .filter((it) => it.checkVisibility())
      .map((it) => Number(it.tagName[1])),
  );

describe('the keyboard', { concurrency: false }, () => {
  let world, browser, page, cdp, origin, task;
  before(async () => {
    world = await newWorld();
    browser = await newBrowser();
    mkdirSync(join(world.home, 'Mess', '.legwork'), { recursive: true });
    writeFileSync(join(world.home, 'Mess', 'a.txt'), 'a');
    writeFileSync(join(world.home, 'Mess', '.legwork', 'memory.md'), '- dates are DMY\n');
    await world.tell('run', 'Tidy this folder', '--folder', join(world.home, 'Mess'), '--yes');
    ({ task } = await handOver(world));
    ({ page } = await letIn(browser, world));
    cdp = await page.context().newCDPSession(page);
    origin = new URL(page.url()).origin;
  });
  after(async () => {
    await browser?.close();
    await world?.end();
  });

  async function walk(path) {
    // Where a field takes the focus at once, the walk begins before it: at the page's own beginning.
    await page.evaluate(() => {
      window.stops = new Set();
      document.activeElement?.blur();
      getSelection()?.setPosition(document.body, 0);
    });
    const stops = [];
    for (;;) {
      assert.ok(stops.length < STOPS_MAX, `${path}: the focus is caught`);
      await page.keyboard.press('Tab');
      const stop = await focused(page, cdp);
      if (!stop || stop.isAgain) break;
      assert.ok(stop.name, `${path}: it has no name: ${stop.html}`);
      assert.ok(!['generic', 'none', ''].includes(stop.role), `${path}: it has no role: ${stop.html}`);
      assert.ok(stop.shows, `${path}: it does not show that it has the focus: ${stop.html}`);
      assert.ok(stop.isSeen, `${path}: it is out of sight: ${stop.html}`);
      stops.push(stop);
    }
    return stops;
  }

  async function check(path) {
    await page.goto(origin + path);
    await page.locator('main h1').first().waitFor();
    await becomes(() => page.locator('main p.faint[role=status]').count(), 0);
    const stops = await walk(path);
    assert.equal(stops[0]?.name, 'Skip to the content', path);
    await becomes(async () => (await missed(page)).map((it) => `${path}: ${it}`), []);
    const levels = await headings(page);
    assert.equal(levels.filter((it) => it === 1).length, 1, `${path}: one heading of the page`);
    assert.equal(levels[0], 1, `${path}: which comes first`);
    for (const [index, level] of levels.entries()) {
      assert.ok(index === 0 || level <= levels[index - 1] + 1, `${path}: headings ${levels}`);
    }
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'en');
    const heading = (await page.locator('main h1').first().innerText()).trim();
    await becomes(() => page.title(), (it) => it.includes(heading) && it.endsWith('Legwork'));
  }

  for (const part of SETTINGS) test(`the settings: ${part}`, () => check(`/settings/${part}`));

  test('home and a new task', async () => {
    await check('/');
    await page.goto(`${origin}/new`);
    // What it is for has the focus at once.
    await becomes(() => page.evaluate(() => document.activeElement?.tagName), 'TEXTAREA');
  });

  test('a task, its network, and the changes of one that is done', async () => {
    await check(`/tasks/${task}`);
    await check(`/tasks/${task}/network`);
    const [, done] = JSON.parse(await world.legwork('list', '--json'));
    await check(`/tasks/${done.id}`);
    await check(`/tasks/${done.id}/changes`);
    const { changes } = JSON.parse(await world.legwork('changes', done.id, '--json'));
    const file = encodeURIComponent(changes.at(-1).path);
    await check(`/tasks/${done.id}/changes?file=${file}`);
    await check(`/tasks/${done.id}/artifact?file=${file}`);
  });

  test('the first stop leads past what is on every page', async () => {
    await page.goto(origin);
    await page.locator('.task-list').first().waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await becomes(() => page.evaluate(() => document.activeElement?.id), 'content');
  });

  test('on another page the focus begins with it', async () => {
    await page.goto(origin);
    await page.getByRole('link', { name: 'Settings', exact: true }).press('Enter');
    await page.getByRole('heading', { name: 'Settings', exact: true }).waitFor();
    await becomes(() => page.evaluate(() => document.activeElement?.id), 'content');
    // Who goes from part to part stays at the parts.
    await page.getByRole('link', { name: 'Models', exact: true }).press('Enter');
    await page.getByRole('heading', { name: 'Keys of providers', exact: true }).waitFor();
    await becomes(() => page.evaluate(() => document.activeElement?.textContent), 'Models');
  });

  test('what lies over the page keeps the focus, and gives it back', async () => {
    await page.goto(`${origin}/new`);
    const opener = page.getByRole('button', { name: 'Add a folder', exact: true });
    await opener.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    const isInside = () => dialog.evaluate((it) => it.contains(document.activeElement));
    await becomes(isInside, true);
    for (let presses = 0; presses < 30; presses += 1) {
      await page.keyboard.press(presses % 3 ? 'Tab' : 'Shift+Tab');
      assert.equal(await isInside(), true, `after ${presses} presses`);
    }
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await becomes(() => opener.evaluate((it) => it === document.activeElement), true);
    for (const keys of ['Control+k', '?']) {
      await page.getByRole('link', { name: 'Settings', exact: true }).focus();
      await page.keyboard.press(keys);
      await dialog.waitFor();
      await becomes(isInside, true);
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await becomes(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'Settings');
    }
  });

  test('what begins to need somebody is said aloud', async () => {
    await page.goto(origin);
    await page.locator('.task-list').first().waitFor();
    const said = () => page.locator('.unseen[role=status]').textContent();
    assert.equal(await said(), '');
    await world.tell('run', 'Find duplicate files', '--folder', join(world.home, 'Mess'));
    await becomes(said, (it) => /^It (waits for you|is done, and ready to review): Find duplicate files/.test(it));
  });

  test('a terminal takes Tab, and a key leads out of it', async () => {
    await page.goto(`${origin}/tasks/${task}/terminal`);
    await page.getByText('Shift F6 leads out of it').first().waitFor();
    const isInside = () => page.evaluate(() => document.activeElement?.closest('.terminal-box') !== null);
    await becomes(isInside, true);
    await page.keyboard.press('Tab');
    assert.equal(await isInside(), true, 'Tab completes names there');
    await page.keyboard.press('Shift+F6');
    await becomes(() => page.evaluate(() => document.activeElement?.textContent), 'To the task');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Make an expense report', exact: false }).first().waitFor();
  });
});
