// What a task may do and is through with: switches, locks, comments, the archive, search, German.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { check } from './axe.mjs';
import { answerAll, becomes, handOver, letIn, newBrowser, newWorld } from './world.mjs';

const FAR = `
def main():
    share = folders[0]["name"]
    steps = [{"key": "s%d" % at, "text": "Look a %dth time at what lies there, and go on from it" % at, "details": []} for at in range(80)]
    decided = plan("Walk far", steps = steps, checks = [{"key": "k", "text": share + " is as it was"}], writes = [share])
    for at in range(80):
        step("s%d" % at)
        tools.list_files(path = share)
    finish("Far enough.")

main()
`;

describe('a task’s boundary and end', { concurrency: false }, () => {
  let world, browser;
  before(async () => {
    world = await newWorld();
    browser = await newBrowser();
  });
  after(async () => {
    await browser?.close();
    await world?.end();
  });

  const show = async (task) => JSON.parse(await world.legwork('show', task, '--json'));

  test('a step is commented on and locked, by keyboard', async () => {
    const { task } = await handOver(world);
    const { page, context, complaints } = await letIn(browser, world, { to: [task] });
    const isAt = (label) =>
      page.evaluate((it) => document.activeElement?.getAttribute('aria-label')?.startsWith(it), label);
    const tabTo = async (label) => {
      for (let presses = 0; presses < 60 && !(await isAt(label)); presses++) await page.keyboard.press('Tab');
    };
    await page.getByRole('row', { name: /^Write Expenses.md/ }).waitFor();
    await tabTo('Read 28 documents');
    for (let rows = 0; rows < 3; rows++) await page.keyboard.press('ArrowDown');
    await tabTo('Comment on step 4');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.tagName === 'INPUT');
    await page.keyboard.type('only one page');
    await page.keyboard.press('Enter');
    await page.locator('.comment', { hasText: 'only one page' }).waitFor();
    await page.getByRole('button', { name: 'Lock step 4, so that no later plan changes it' }).click();
    await page.getByRole('button', { name: 'Unlock step 4' }).waitFor();
    const marks = async () => {
      const step = (await show(task)).plan.steps.find((it) => it.text.startsWith('Write Expenses.md'));
      return [step.locked, step.comment];
    };
    await becomes(marks, [true, 'only one page']);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('a long story is gone to its end, and the plan beside it keeps its heading', async () => {
    const folder = join(world.home, 'ملفات');
    mkdirSync(folder);
    const skill = join(world.config, 'skills/walk-far');
    mkdirSync(skill, { recursive: true });
    const about = 'name: walk-far\ndescription: Walks far. Use it to walk far.\nmetadata:\n  title: Walk\n  words: walk\n';
    writeFileSync(join(skill, 'SKILL.md'), `---\n${about}---\n\n# Walk\n`);
    writeFileSync(join(skill, 'playbook.star'), FAR);
    await world.tell('run', 'Walk far', '--folder', folder, '--playbook', 'walk-far', '--yes');
    const [{ id }] = JSON.parse(await world.legwork('list', '--json'));
    const { page, context } = await letIn(browser, world, { to: [id], viewport: { width: 1440, height: 800 } });
    const plan = page.getByRole('heading', { name: 'Plan', exact: true });
    // A sentence that begins with the name of a folder goes the way of the sentence.
    const sentence = page.getByText('ملفات is as it was', { exact: true }).first();
    assert.equal(await sentence.evaluate((it) => getComputedStyle(it).direction), 'ltr');
    for (const width of [1440, 360]) {
      await page.setViewportSize({ width, height: 800 });
      await page.evaluate(() => scrollTo(0, 0));
      await page.getByRole('button', { name: 'To the end', exact: true }).click();
      const last = page.locator('.story-line').last();
      await becomes(
        () => page.evaluate(() => document.documentElement.scrollHeight - scrollY - innerHeight),
        (left) => left < 200,
      );
      await becomes(() => last.innerText(), (it) => it.startsWith('Ended') || it.startsWith('Look at it') || it.startsWith('Answered'));
      if (width > 1000) assert.ok((await plan.boundingBox()).y >= 56);
    }
    await context.close();
  });

  test('a folder switched off stays as it is, whatever the plan says', async () => {
    const { task } = await handOver(world);
    const { page, context } = await letIn(browser, world, { to: [task] });
    const write = page.getByRole('checkbox', { name: /Suggest changes in/ });
    await write.press('Space');
    await becomes(async () => (await show(task)).plan.boundary.writes, []);
    await page.getByRole('button', { name: 'Change how much it may take', exact: true }).click();
    await page.getByLabel('Minutes of work', { exact: true }).fill('7');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText(/and 7 min/).first().waitFor();
    const view = await show(task);
    assert.deepEqual(view.plan.boundary.writes, []);
    assert.equal(view.budget.work_ms_max, 7 * 60_000);
    await page.getByRole('button', { name: 'Approve and begin', exact: true }).click();
    await answerAll(page);
    const { changes } = JSON.parse(await world.legwork('changes', task, '--json'));
    assert.deepEqual(changes, []);
    await context.close();
  });

  test('what somebody is through with is put away and taken out again', async () => {
    const { task } = await handOver(world, '--yes');
    const { page, context } = await letIn(browser, world);
    // Others of the same name may wait here as well, such as one that ended without changes.
    const line = page.locator('.task-line', { has: page.locator(`a[href^="/tasks/${task}"]`) });
    await line.getByRole('button', { name: /^Put away: Make an expense report/ }).click();
    await page.getByText(/^\d+ put away/).first().waitFor();
    await becomes(async () => (await show(task)).archived, true);
    await page.goto(new URL(`/tasks/${task}`, page.url()).href);
    await page.getByRole('button', { name: 'Take out again', exact: true }).click();
    await page.getByRole('button', { name: 'Put away', exact: true }).waitFor();
    await becomes(async () => (await show(task)).archived, false);
    await context.close();
  });

  test('search finds what was made, and who was asked', async () => {
    for (let count = 0; count < 4; count++) await handOver(world);
    const { page, context } = await letIn(browser, world);
    await page.getByRole('searchbox').fill('expenses.xlsx');
    await page.getByRole('list', { name: 'Search your tasks', exact: true }).getByRole('listitem').first().waitFor();
    await page.getByText(/^(File|Result): .*Expenses\.xlsx/).first().waitFor();
    await check(page);
    await page.getByRole('searchbox').fill('nothing-like-this');
    await page.getByText('No task has').first().waitFor();
    await context.close();
  });

  test('a German page says what the daemon says in German', async () => {
    const { page, context } = await letIn(browser, world, { locale: 'de-DE' });
    await page.getByText('wartet, dass du dem Plan zustimmst').first().waitFor();
    await page.goto(new URL('/tasks/zzzz2222', page.url()).href);
    await page.getByText('Es gibt keine Aufgabe zzzz2222').first().waitFor();
    await context.close();
  });
});
