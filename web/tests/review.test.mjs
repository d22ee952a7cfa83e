// A review in parts, what an undo leaves, and what a person may insist on or turn off.
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { check } from './axe.mjs';
import { becomes, letIn, newBrowser, newWorld } from './world.mjs';

/** Every file below, with its bytes. */
function photograph(folder) {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((it) => it.isFile()).map((it) => join(it.parentPath, it.name));
  return Object.fromEntries(files.sort().map((path) => [path, readFileSync(path, 'utf8')]));
}

describe('a review', { concurrency: false }, () => {
  let world, browser, count = 0;
  before(async () => {
    world = await newWorld();
    browser = await newBrowser();
  });
  after(async () => {
    await browser?.close();
    await world?.end();
  });

  /** A tidied folder of numbered notes; resolves to its task. */
  async function tidied() {
    const folder = join(world.home, `Notes ${++count}`);
    mkdirSync(folder);
    for (const number of [1, 2, 10, 100]) writeFileSync(join(folder, `note ${number}.txt`), `${number}`);
    await world.tell('run', 'Tidy this folder', '--folder', folder, '--yes');
    const [{ id }] = JSON.parse(await world.legwork('list', '--json'));
    return { id, folder };
  }

  async function at(address, options = {}) {
    const { page, context, complaints } = await letIn(browser, world, options);
    await page.goto(new URL(address, page.url()).href);
    return { page, context, complaints };
  }
  const press = (page, name) => page.getByRole('button', { name, exact: true }).click();
  async function undo(page) {
    await press(page, 'Undo');
    await press(page, 'Undo it');
  }

  test('a part is applied, then the rest, and one undo takes both back', async () => {
    const { id, folder } = await tidied();
    const was = photograph(folder);
    const { page, context, complaints } = await at(`/tasks/${id}/changes`);
    const names = () => page.locator('.change-list .path-name').allInnerTexts();
    const shown = await becomes(names, (it) => it.length >= 4);
    assert.deepEqual(shown.filter((it) => it.startsWith('note')), [1, 2, 10, 100].map((it) => `note ${it}.txt`));
    await press(page, 'Keep none');
    const tick = (name) => page.getByRole('checkbox', { name: new RegExp(`^Keep .*${name}$`) });
    await tick('note 2.txt').press('Space');
    await press(page, 'Apply 1 change');
    await page.getByText('A part is in your folder', { exact: true }).waitFor();
    assert.ok(!existsSync(join(folder, 'note 2.txt')) && existsSync(join(folder, 'note 10.txt')));
    // What is there is chosen no more; the rest is, from the start.
    await tick('note 2.txt').waitFor({ state: 'detached' });
    await check(page);
    // Also when the daemon began anew in between.
    await world.stop();
    await world.legwork('list');
    await page.locator('.notice').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: /^Apply \d more$/ }).click();
    await page.getByText('Applied to your folder', { exact: true }).waitFor();
    for (const number of [1, 2, 10, 100]) assert.ok(!existsSync(join(folder, `note ${number}.txt`)), `${number}`);
    await undo(page);
    await page.getByText('Undone: your folder is as it was').first().waitFor();
    assert.deepEqual(photograph(folder), was);
    assert.deepEqual(complaints.filter((it) => !/ERR_CONNECTION|ERR_SOCKET/.test(it)), []);
    await context.close();
  });

  test('what an undo left is named with the reason', async () => {
    const { id, folder } = await tidied();
    await world.tell('apply', id);
    const moved = Object.keys(photograph(folder)).find((it) => it.endsWith('note 10.txt'));
    appendFileSync(moved, ', and mine');
    const { page, context, complaints } = await at(`/tasks/${id}`);
    await undo(page);
    await page.getByRole('heading', { name: 'Undone, but 1 file could not be taken back', exact: true }).waitFor();
    const left = page.getByRole('list', { name: 'Still in your folder', exact: true });
    await becomes(() => left.innerText(), (it) => /note 10\.txt\s+You changed it since, so it stays as it is/.test(it));
    assert.equal(await page.getByText('your folder is as it was').count(), 0);
    await check(page);
    assert.equal(readFileSync(moved, 'utf8'), '10, and mine');
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('a condition that is not heeded is named, and a press does it all the same', async () => {
    const folder = join(world.home, 'Mixed');
    mkdirSync(folder);
    writeFileSync(join(folder, 'a.txt'), 'a');
    const { page, context } = await at(`/new?folder=${encodeURIComponent(folder)}`);
    await page.getByRole('textbox').first().fill('Make an expense report, but leave the PDFs alone');
    await press(page, 'Hand it over');
    const refusal = page.getByRole('alert').first();
    await refusal.getByText('leave the PDFs alone').first().waitFor();
    assert.ok(!(await refusal.innerText()).includes('--playbook'), 'a window has no options to type');
    await check(page);
    await press(page, 'Do it anyway, without heeding “leave the PDFs alone”');
    await page.waitForURL(/\/tasks\/[a-z0-9]+$/);
    const [task] = JSON.parse(await world.legwork('list', '--json'));
    assert.equal(task.mind, 'expense-report');
    assert.equal(task.request, 'Make an expense report, but leave the PDFs alone');
    // Its folder by name, and the whole path for who asks.
    const named = page.locator('.story').getByText('Mixed', { exact: true }).first();
    await named.waitFor();
    assert.ok(!(await page.locator('.story').innerText()).includes(world.home));
    assert.equal(await page.locator('.story [title]').first().getAttribute('title'), folder);
    await context.close();
  });

  test('a daemon killed while the rest is applied leaves a page that can go on', async () => {
    const { id, folder } = await tidied();
    const { page, context } = await at(`/tasks/${id}/changes`);
    await page.locator('.change-link').first().waitFor();
    await press(page, 'Keep none');
    await page.getByRole('checkbox', { name: /^Keep .*note 2\.txt$/ }).press('Space');
    await press(page, 'Apply 1 change');
    const more = page.getByRole('button', { name: /^Apply \d+ more$/ });
    await more.waitFor();
    const { pid } = JSON.parse(await page.evaluate(async () => (await fetch('/v1/version')).text()));
    process.kill(pid, 'SIGSTOP');
    await more.click();
    process.kill(pid, 'SIGKILL');
    const alert = page.getByRole('alert').filter({ hasText: 'Legwork is not running' });
    await alert.waitFor();
    await page.locator('.notice').waitFor();
    await world.legwork('list');
    // What is over is not told on.
    await page.locator('.notice').waitFor({ state: 'detached' });
    await alert.waitFor({ state: 'detached' });
    await more.click();
    await page.getByText('Applied to your folder', { exact: true }).first().waitFor();
    assert.ok(!existsSync(join(folder, 'note 10.txt')));
    await undo(page);
    await page.getByText('Undone: your folder is as it was', { exact: true }).first().waitFor();
    assert.equal(readFileSync(join(folder, 'note 10.txt'), 'utf8'), '10');
    await context.close();
  });

  test('two windows that apply the same at once bring it in once', async () => {
    const { id, folder } = await tidied();
    const was = photograph(folder);
    const both = [await at(`/tasks/${id}/changes`), await at(`/tasks/${id}/changes`)];
    const button = ({ page }) => page.getByRole('button', { name: /^Apply \d+ changes$/ });
    for (const one of both) await button(one).waitFor();
    await Promise.all(both.map((one) => button(one).click()));
    for (const { page } of both) await page.getByText('Applied to your folder', { exact: true }).first().waitFor();
    await undo(both[1].page);
    for (const { page } of both) await button({ page }).waitFor();
    assert.deepEqual(photograph(folder), was);
    for (const { context } of both) await context.close();
  });

  test('letters do nothing when they are turned off, and the browser remembers', async () => {
    const { page, context } = await at('/settings');
    const letters = page.getByRole('checkbox', { name: 'Single letters do something: N, H and ?', exact: true });
    await letters.press('Space');
    await becomes(() => letters.isChecked(), false);
    await check(page);
    await page.goto(new URL('/', page.url()).href);
    await page.locator('main').getByRole('heading').first().waitFor();
    for (const key of ['n', 'h', '?']) await page.keyboard.press(key);
    await page.keyboard.press('Control+k');
    await page.getByRole('menuitem').first().waitFor();
    assert.equal(new URL(page.url()).pathname, '/');
    await page.keyboard.press('Escape');
    await page.goto(new URL('/settings', page.url()).href);
    await letters.press('Space');
    await becomes(() => letters.isChecked(), true);
    await page.locator('h1').click();
    await page.keyboard.press('n');
    await page.waitForURL(/\/new$/);
    await context.close();
  });

  test('a mistake in the settings is told with its file and line', async () => {
    const file = join(world.config, 'config.toml');
    writeFileSync(file, '# mine\n[budget]\ncalsl = 7\n');
    const { page, context } = await at('/settings/budgets');
    const told = page.getByRole('alert').first();
    await told.waitFor();
    const lines = (await told.innerText()).split('\n').filter(Boolean);
    assert.deepEqual(lines.slice(0, 4), [
      'The settings can’t be used: budget.calsl is unknown'.replace('’', "'"),
      'What to do',
      `Mend line 3 of ${file}`,
      'Did you mean budget.calls?',
    ]);
    rmSync(file);
    await context.close();
  });

  test('the tabs of the settings stand in one line on a small screen, in German too', async () => {
    const viewport = { width: 768, height: 900 };
    const { page, context } = await at('/settings', { locale: 'de-DE', viewport });
    const tabs = page.locator('.form > .tabs .tab');
    await page.getByText('Doktor', { exact: true }).waitFor();
    const tops = new Set(await tabs.evaluateAll((all) => all.map((it) => it.offsetTop)));
    assert.equal(tops.size, 1, `${tops.size} lines`);
    await context.close();
  });
});
