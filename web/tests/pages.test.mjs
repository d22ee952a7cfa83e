// Every page and state: without violations of accessibility, by keyboard alone, and at 360 px.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { check, violations } from './axe.mjs';
import { answerAll, becomes, handOver, letIn, newBrowser, newWorld } from './world.mjs';

const LONG = `${'a name without an end '.repeat(9)}.txt`.slice(0, 200);
const ARABIC = 'فاتورة الكهرباء لشهر آذار.txt';

describe('pages', { concurrency: false }, () => {
  let world, browser, waiting, asking, done, odd;
  before(async () => {
    world = await newWorld();
    browser = await newBrowser();
    const folder = join(world.home, 'مجلد غير مرتب');
    mkdirSync(folder);
    for (const name of [LONG, ARABIC, 'a.txt', 'b.md', 'c.csv']) writeFileSync(join(folder, name), name);
    writeFileSync(join(folder, 'run.sh'), '#!/bin/sh\necho hello\n', { mode: 0o755 });
    await world.tell('run', 'Tidy this folder', '--folder', folder, '--yes');
    odd = JSON.parse(await world.legwork('list', '--json'))[0].id;
    done = (await handOver(world, '--yes')).task;
    asking = (await handOver(world)).task;
    await world.tell('plan', asking, '--approve');
    waiting = (await handOver(world)).task;
  });
  after(async () => {
    await browser?.close();
    await world?.end();
  });

  const STATES = [
    ['home', () => '/', '.task-list'],
    ['new task', () => '/new', 'textarea'],
    ['settings', () => '/settings', '#notify'],
    ['models', () => '/settings/models', '#keys'],
    ['budgets', () => '/settings/budgets', '.amount'],
    ['network settings', () => '/settings/network', '#standing'],
    ['folders', () => '/settings/folders', '#lately'],
    ['memory', () => '/settings/memory', '#folder-memory'],
    ['machine', () => '/settings/machine', '#layers'],
    ['phone', () => '/settings/phone', '#phones'],
    ['doctor', () => '/settings/doctor', '.finding'],
    ['nothing there', () => '/nowhere', 'h1'],
    ['a plan that waits', () => `/tasks/${waiting}`, '.plan-card'],
    ['a question', () => `/tasks/${asking}`, '.choices'],
    ['a result', () => `/tasks/${done}`, '#result'],
    ['changes', () => `/tasks/${done}/changes?file=${first(done)}`, '.cells'],
    ['an artifact', () => `/tasks/${done}/artifact?file=${first(done)}`, '.chain'],
    ['odd names', () => `/tasks/${odd}/changes?file=${first(odd)}`, '#file'],
    ['network', () => `/tasks/${waiting}/network`, '#reach'],
    ['no such task', () => '/tasks/zzzz2222', '[role=alert]'],
  ];
  const paths = {};
  const first = (task) => encodeURIComponent(paths[task]);

  /** Words that something else lies over, and words that run out of what holds them. */
  const covered = (page) =>
    page.evaluate(() => {
      const told = [];
      for (const it of document.querySelectorAll('main button, main a')) {
        const { width, height } = it.getBoundingClientRect();
        if (it.textContent.trim() && height > 3 * width) told.push(`squeezed: ${it.textContent.trim().slice(0, 40)}`);
      }
      const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const holder = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || holder.closest('.unseen, details:not([open]) > :not(summary)')) continue;
        const range = document.createRange();
        range.selectNodeContents(walker.currentNode);
        const [box] = range.getClientRects();
        if (!box || box.width < 2 || box.top < 64 || box.bottom > innerHeight) continue;
        const [x, y] = [box.left + Math.min(box.width / 2, 40), box.top + box.height / 2];
        // What is scrolled out of its box is not seen, and may be.
        const isOut = (it) => {
          const edge = it.getBoundingClientRect();
          return x < edge.left || x > edge.right || y < edge.top || y > edge.bottom;
        };
        let around = holder;
        while (around && !(getComputedStyle(around).overflow !== 'visible' && isOut(around))) around = around.parentElement;
        if (around) continue;
        const seen = document.elementFromPoint(x, y);
        const isOwn = seen && (seen.contains(holder) || holder.contains(seen));
        if (!isOwn) told.push(`covered: ${walker.currentNode.data.trim().slice(0, 40)}`);
      }
      return told;
    });

  test('no page and no state hinders anybody, light or dark, wide or narrow', async () => {
    for (const task of [done, odd]) {
      const { changes } = JSON.parse(await world.legwork('changes', task, '--json'));
      paths[task] = changes.at(-1).path;
    }
    const looks = [
      { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
      { colorScheme: 'dark', viewport: { width: 360, height: 740 } },
    ];
    const found = [];
    for (const options of looks) {
      const { page, context } = await letIn(browser, world, options);
      const base = new URL(page.url()).origin;
      for (const [name, path, sign] of STATES) {
        await page.goto(base + path());
        await page.locator(sign).first().waitFor();
        const tooWide = () =>
          page.evaluate(() =>
            document.documentElement.scrollWidth > innerWidth ? [`${document.documentElement.scrollWidth} px wide`] : [],
          );
        for (const flaws of [violations, covered, tooWide]) {
          const stayed = await settled(() => flaws(page));
          found.push(...stayed.map((it) => `${name}, ${options.colorScheme}: ${it}`));
        }
      }
      await context.close();
    }
    assert.deepEqual(found, []);
  });

  test('what lies over the page hinders nobody either', async () => {
    const { page, context } = await letIn(browser, world);
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('menuitem').first().waitFor();
    await check(page);
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys', exact: true }).waitFor();
    await check(page);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Choose a folder', exact: true }).or(
      page.getByRole('button', { name: 'Other folder', exact: true })).first().click();
    await page.getByRole('dialog').getByRole('listitem').first().waitFor();
    await check(page);
    await context.close();
  });

  test('a long request is one line where it is listed, and a name stands beside its mark', async () => {
    const lines = `Find duplicate files\n\n${'They came from an old computer. '.repeat(40)}`;
    const folder = join(world.home, 'مجلد ثان');
    mkdirSync(folder);
    for (const name of ['a.txt', 'b.txt']) writeFileSync(join(folder, name), 'same');
    await world.tell('run', lines, '--folder', folder, '--playbook', 'find-duplicates', '--yes');
    const { page, context } = await letIn(browser, world);
    const away = page.getByRole('button', { name: 'Put away: Find duplicate files …', exact: true });
    await away.waitFor();
    await page.locator('.task-request').getByText('Find duplicate files …', { exact: true }).waitFor();
    await away.click();
    await away.waitFor({ state: 'detached' });
    await page.goto(new URL('/new', page.url()).href);
    await page.getByRole('button', { name: 'Add a folder', exact: true }).click();
    const entry = page.getByRole('dialog').getByRole('listitem').filter({ hasText: 'مجلد ثان' });
    const apart = () =>
      entry.evaluate((it) => it.querySelector('bdi').getBoundingClientRect().left - it.querySelector('svg').getBoundingClientRect().right);
    await becomes(apart, (it) => it > 0 && it < 20);
    await context.close();
  });

  test('the palette finds a task by its words', async () => {
    const { page, context } = await letIn(browser, world);
    await page.getByRole('link', { name: /^Tidy this folder/ }).first().waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('textbox').waitFor();
    await page.keyboard.type('tidy this');
    await page.getByRole('menuitem', { name: /Tidy this folder/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(new RegExp(`/tasks/${odd}`));
    await context.close();
  });

  test('everything in German, and as text that runs the other way', async () => {
    const { page, context, complaints } = await letIn(browser, world, { locale: 'de-DE' });
    await page.getByRole('heading', { name: /^Braucht dich/ }).waitFor();
    await becomes(() => page.evaluate(() => document.documentElement.lang), 'de');
    await page.evaluate(() => (document.documentElement.dir = 'rtl'));
    await page.setViewportSize({ width: 360, height: 740 });
    await becomes(() => page.evaluate(() => document.documentElement.scrollWidth - innerWidth), (it) => it <= 0);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('the main flow by keyboard alone', async () => {
    const { task } = await handOver(world);
    const { page, context } = await letIn(browser, world);
    await page.getByRole('heading', { name: /^Needs you/ }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('menuitem').first().waitFor();
    await page.keyboard.type('make an expense');
    await page.getByRole('menuitem').and(page.locator(':first-child')).filter({ hasText: 'Make an expense' }).first().waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'This is the plan', exact: true }).waitFor();
    assert.ok(page.url().endsWith(task), 'the newest comes first');
    await tabTo(page, 'Approve and begin');
    await page.keyboard.press('Enter');
    for (;;) {
      const card = page.locator('.card[data-tone=wait] h2');
      await card.or(page.locator('#result')).first().waitFor();
      if (await page.locator('#result').isVisible()) break;
      const asked = await card.first().innerText();
      const radio = page.getByRole('radio').first();
      await tabUntil(page, () => document.activeElement?.getAttribute('type') === 'radio');
      if (!(await page.getByRole('radio', { checked: true }).count())) await radio.press('Space');
      await tabTo(page, 'Answer');
      await page.keyboard.press('Enter');
      await page.locator('.card h2', { hasText: asked }).waitFor({ state: 'detached' });
    }
    await tabTo(page, 'Look at the changes');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Apply 2 changes', exact: true }).waitFor();
    await tabTo(page, 'Apply 2 changes');
    await page.keyboard.press('Enter');
    await page.getByText('Applied to your folder').first().waitFor();
    await tabTo(page, 'Undo');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await tabTo(page, 'Undo it');
    await page.keyboard.press('Enter');
    await page.getByText('Undone: your folder is as it was').first().waitFor();
    await context.close();
  });

  test('a phone: 360 px and a finger', async () => {
    const { task } = await handOver(world);
    const { page, context } = await letIn(browser, world, {
      viewport: { width: 360, height: 740 },
      hasTouch: true,
      isMobile: true,
      to: [task],
    });
    await page.getByRole('button', { name: 'Approve and begin', exact: true }).tap();
    await answerAll(page);
    await page.getByRole('link', { name: 'Look at the changes', exact: true }).tap();
    await page.getByRole('link', { name: /Expenses\.md/ }).tap();
    await page.locator('.paper').waitFor();
    // One at a time.
    await page.getByRole('button', { name: /^Apply/ }).first().waitFor({ state: 'hidden' });
    await page.getByRole('link', { name: 'Back to the list', exact: true }).tap();
    await page.getByRole('button', { name: 'Apply 2 changes', exact: true }).tap();
    await page.getByText('Applied to your folder').first().waitFor();
    await context.close();
  });
});

const FOCI_MAX = 80;
const LOOKS_MAX = 5;

/** What is still wrong when the page has come to rest. */
async function settled(look) {
  let found = await look();
  for (let looks = 1; looks < LOOKS_MAX && found.length > 0; looks++) found = await look();
  return found;
}

async function tabUntil(page, isThere, name) {
  for (let foci = 0; foci < FOCI_MAX; foci++) {
    if (await page.evaluate(isThere, name)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`no way to ${name ?? 'it'} with the keyboard`);
}

async function tabTo(page, name) {
  const button = page.getByRole('button', { name, exact: true, disabled: false });
  await button.or(page.getByRole('link', { name, exact: true })).first().waitFor();
  await tabUntil(page, (wanted) => document.activeElement?.textContent?.trim() === wanted, name);
}
