// The main flow as a person does it: hand over, answer, review, apply, undo; and what may come between.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { answerAll, becomes, handOver, letIn, newBrowser, newWorld } from './world.mjs';

describe('the main flow', { concurrency: false }, () => {
  let world, browser;
  before(async () => {
    world = await newWorld();
    await world.receipts();
    browser = await newBrowser();
  });
  after(async () => {
    await browser?.close();
    await world?.end();
  });

  test('the first minute, from one press to a result that was kept and taken back', async () => {
    const { page, complaints } = await letIn(browser, world);
    await page.getByRole('heading', { name: 'Hand something over', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Start', exact: true }).nth(2).waitFor();
    await becomes(() => page.getByRole('button', { name: 'Start', exact: true }).count(), 3);
    await page.getByRole('button', { name: 'Start', exact: true }).first().click();
    await page.getByRole('heading', { name: 'This is the plan', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Approve and begin', exact: true }).click();
    await answerAll(page);
    await page.getByText('It is done, and every check passed').first().waitFor();
    const made = join(world.home, 'Receipts/Expenses.xlsx');
    assert.ok(!existsSync(made), 'nothing is in the folder yet');
    await page.getByRole('link', { name: 'Look at the changes', exact: true }).click();
    await page.getByRole('link', { name: /Expenses\.xlsx/ }).click();
    await page.getByRole('button', { name: 'April 2025', exact: true }).waitFor();
    await page.getByRole('checkbox', { name: 'Keep Receipts/Expenses.md', exact: true }).press('Space');
    await page.getByRole('button', { name: 'Apply 1 change', exact: true }).click();
    await page.getByText('A part is in your folder', { exact: true }).first().waitFor();
    assert.ok(existsSync(made));
    assert.ok(!existsSync(join(world.home, 'Receipts/Expenses.md')), 'it was not ticked');
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await page.getByRole('button', { name: 'Undo it', exact: true }).click();
    await page.getByText('Undone: your folder is as it was').first().waitFor();
    assert.ok(!existsSync(made));
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  test('a request of one’s own, with a folder from the picker', async () => {
    const { page, complaints } = await letIn(browser, world);
    await page.getByRole('link', { name: 'New task', exact: true }).click();
    await page.getByLabel('What should be there at the end?', { exact: true }).fill('Find duplicate files');
    await page.getByRole('button', { name: 'Hand it over', exact: true, disabled: true }).waitFor();
    await page.getByRole('button', { name: 'Add a folder', exact: true }).click();
    await page.getByRole('button', { name: 'Receipts', exact: true }).click();
    await page.getByRole('button', { name: 'Choose Receipts', exact: true }).click();
    await page.getByRole('button', { name: 'Hand it over', exact: true }).click();
    await page.waitForURL(/\/tasks\//);
    await page.getByRole('heading', { level: 1, name: 'Find duplicate files', exact: true }).waitFor();
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  test('a request that nothing fits says so, and what to do', async () => {
    const { page } = await letIn(browser, world);
    await page.getByRole('link', { name: 'New task', exact: true }).click();
    await page.getByLabel('What should be there at the end?', { exact: true }).fill('Compose a symphony');
    await page.getByRole('button', { name: 'Add a folder', exact: true }).click();
    await page.getByRole('button', { name: 'Receipts', exact: true }).click();
    await page.getByRole('button', { name: 'Choose Receipts', exact: true }).click();
    await page.getByRole('button', { name: 'Hand it over', exact: true }).click();
    await page.getByRole('alert').getByRole('link', { name: 'Connect a model', exact: true }).waitFor();
    await page.getByRole('alert').getByRole('button', { name: 'Find duplicates', exact: true }).click();
    await page.waitForURL(/\/tasks\//);
    await page.context().close();
  });

  test('the plan is an object: struck, reworded, added to, moved', async () => {
    const { task } = await handOver(world);
    const { page } = await letIn(browser, world, { to: [task] });
    const steps = page.getByRole('grid', { name: 'Plan', exact: true }).getByRole('row');
    await steps.nth(3).waitFor();
    await page.getByRole('button', { name: 'Strike step 4' }).click();
    await steps.nth(3).getByText('struck').first().waitFor();
    await page.getByRole('button', { name: 'Reword step 2' }).click();
    await page.getByRole('textbox', { name: 'Reword step 2' }).fill('Ask me everything');
    await page.keyboard.press('Enter');
    await steps.nth(1).getByText('Ask me everything').first().waitFor();
    await page.getByLabel('Add a step', { exact: true }).fill('Also list the vendors');
    await page.keyboard.press('Enter');
    await steps.nth(4).getByText('Also list the vendors').first().waitFor();
    // A button that waits for the answer before can't have the focus.
    const reword = { name: 'Reword step 5', exact: true };
    await page.getByRole('button', { ...reword, disabled: false }).press('Alt+ArrowUp');
    await steps.nth(3).getByText('Also list the vendors').first().waitFor();
    await becomes(
      async () => JSON.parse(await world.legwork('show', task, '--json')).plan.steps.map((step) => step.state),
      ['planned', 'planned', 'planned', 'planned', 'struck'],
    );
    await page.context().close();
  });

  test('two windows show the same, and what one does the other sees', async () => {
    const { task } = await handOver(world);
    const first = await letIn(browser, world, { to: [task] });
    const second = await letIn(browser, world, { to: [task] });
    await second.page.getByRole('button', { name: 'Approve and begin', exact: true }).waitFor();
    await first.page.getByRole('button', { name: 'Approve and begin', exact: true }).click();
    await second.page.getByRole('button', { name: 'Answer', exact: true }).waitFor();
    await second.page.getByRole('button', { name: 'Stop', exact: true }).click();
    await second.page.getByRole('button', { name: 'Stop it', exact: true }).click();
    await first.page.getByRole('heading', { name: 'You stopped it', exact: true }).waitFor();
    await first.context.close();
    await second.context.close();
  });

  test('a window goes on after the daemon’s restart, with nothing lost and nothing twice', async () => {
    const { task } = await handOver(world);
    const { page } = await letIn(browser, world, { to: [task] });
    await page.getByRole('button', { name: 'Approve and begin', exact: true }).waitFor();
    await world.stop();
    await page.getByText('Legwork is not running.').first().waitFor();
    // What was there stays.
    await page.getByRole('heading', { name: 'This is the plan', exact: true }).waitFor();
    await world.tell('list');
    await page.getByText('Legwork is not running.').first().waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Approve and begin', exact: true }).click();
    await answerAll(page);
    await page.getByText('It is done, and every check passed').first().waitFor();
    const lines = () => page.locator('.story > li').allInnerTexts();
    const story = await becomes(lines, (all) => all.some((line) => line.startsWith('Handed over')));
    assert.equal(new Set(story.filter((line) => line.startsWith('Asks'))).size,
      story.filter((line) => line.startsWith('Asks')).length);
    assert.equal(story.filter((line) => line.startsWith('Handed over')).length, 1);
    await page.context().close();
  });

  test('a stopped daemon leaves a shell that says so', async () => {
    const { page, context } = await letIn(browser, world);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await page.reload();
    await page.locator('main').waitFor();
    await world.stop();
    await page.reload();
    await page.getByText('Legwork is not running.').first().waitFor();
    await world.tell('list');
    await page.getByText('Legwork is not running.').first().waitFor({ state: 'detached' });
    await context.close();
  });

  test('the built page is the one that is served', async () => {
    const { page } = await letIn(browser, world);
    const names = await page.evaluate(() => [...document.scripts].map((it) => it.src));
    const html = readFileSync(new URL('../dist/index.html', import.meta.url), 'utf8');
    for (const name of names) assert.ok(html.includes(new URL(name).pathname), name);
    await page.context().close();
  });
});
