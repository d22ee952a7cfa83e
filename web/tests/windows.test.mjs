// Many windows of one browser: more than it grants connections, closed, restarted, offline and back.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { handOver, letIn, newBrowser, newWorld } from './world.mjs';

const WINDOWS = 9;

describe('many windows', { concurrency: false }, () => {
  let world, browser, context, origin;
  const pages = [];
  before(async () => {
    world = await newWorld();
    const tasks = [];
    for (let index = 0; index < 3; index += 1) tasks.push((await handOver(world)).task);
    browser = await newBrowser();
    const first = await letIn(browser, world);
    context = first.context;
    origin = new URL(first.page.url()).origin;
    pages.push(first.page);
    while (pages.length < WINDOWS) {
      const page = await context.newPage();
      // Each of them a task: each would have a stream of its own.
      await page.goto(`${origin}/tasks/${tasks[pages.length % tasks.length]}`);
      pages.push(page);
    }
  });
  after(async () => {
    await browser?.close();
    await world?.end();
  });

  const shown = (page) => page.getByRole('heading', { name: 'This is the plan', exact: true }).or(page.locator('.task-list')).first();

  test('each has its page, and can ask for more', async () => {
    for (const page of pages) await shown(page).waitFor();
    for (const page of pages) {
      const status = await page.evaluate(async () => (await fetch('/v1/version')).status);
      assert.equal(status, 200);
    }
  });

  test('what happens shows in all of them, also when the first is closed', async () => {
    const same = pages.filter((page) => page.url() === pages[1].url());
    assert.ok(same.length >= 2);
    await pages[0].close();
    pages.shift();
    await same[0].getByRole('button', { name: 'Approve and begin', exact: true }).click();
    for (const page of same) await page.getByText('The plan was approved').first().waitFor();
  });

  test('one at a task that is gone silences no other', async () => {
    const lost = (page) => page.getByText('Legwork is not running').count();
    const strays = [];
    for (const name of ['zzzz2222', 'no-name-of-a-task']) {
      const stray = await context.newPage();
      await stray.goto(`${origin}/tasks/${name}`);
      await stray.getByRole('heading', { name: /^(That did not work|There is nothing here)$/ }).waitFor();
      strays.push(stray);
    }
    const { task } = await handOver(world);
    const home = await context.newPage();
    await home.goto(`${origin}/`);
    await home.locator(`a[href="/tasks/${task}"]`).first().waitFor();
    await world.tell('stop', task);
    await home.getByRole('region', { name: /^Finished/ }).locator(`a[href="/tasks/${task}"]`).waitFor();
    for (const page of [...pages, ...strays, home]) assert.equal(await lost(page), 0, page.url());
    for (const page of [...strays, home]) await page.close();
  });

  test('all go on after the daemon’s restart', async () => {
    await world.stop();
    for (const page of pages) await page.getByText('Legwork is not running').first().waitFor();
    await world.legwork('list');
    for (const page of pages) await page.getByText('Legwork is not running').first().waitFor({ state: 'detached' });
    const waiting = pages.find((page) => page.url() !== pages[0].url());
    await waiting.getByRole('button', { name: 'Approve and begin', exact: true }).click();
    await waiting.getByText('The plan was approved').first().waitFor();
  });

  test('a window that slept shows what happened meanwhile, also beyond a restart', async () => {
    const page = pages[0];
    const session = await context.newCDPSession(page);
    const sleep = (state) => session.send('Page.setWebLifecycleState', { state });
    for (const restarts of [false, true]) {
      const { task } = await handOver(world);
      await page.goto(`${origin}/tasks/${task}`);
      await page.getByRole('button', { name: 'Approve and begin', exact: true }).waitFor();
      await sleep('frozen');
      if (restarts) await world.stop();
      await world.tell('stop', task);
      await sleep('active');
      await page.getByRole('heading', { name: 'You stopped it', exact: true }).waitFor();
    }
  });

  test('offline and back', async () => {
    const page = pages[0];
    await context.setOffline(true);
    const failed = await page.evaluate(() => fetch('/v1/version').then(() => false, () => true));
    assert.ok(failed, 'it is offline');
    await shown(page).or(page.getByRole('heading', { name: 'You stopped it', exact: true })).first().waitFor();
    await context.setOffline(false);
    const { task } = await handOver(world);
    const home = await context.newPage();
    await home.goto(`${origin}/`);
    await home.locator(`a[href="/tasks/${task}"]`).first().waitFor();
  });
});
