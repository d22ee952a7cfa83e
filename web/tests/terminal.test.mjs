// A terminal in the machine of a task: in a window of its own, which shows nothing else.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { check } from './axe.mjs';
import { becomes, handOver, letIn, newBrowser, newWorld } from './world.mjs';

describe('a terminal', { concurrency: false }, () => {
  let world, browser, task;
  before(async () => {
    world = await newWorld();
    task = (await handOver(world)).task;
    browser = await newBrowser();
  });
  after(async () => {
    await browser?.close();
    await world?.end();
  });

  const typed = async (page, text) => {
    await page.locator('.xterm-helper-textarea').focus();
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
  };

  test('what is typed runs in the machine, and what it prints is seen', async () => {
    const { page, context, complaints } = await letIn(browser, world, { to: [task] });
    const opening = context.waitForEvent('page');
    await page.getByRole('link', { name: 'Open a terminal in it', exact: true }).click();
    const own = await opening;
    own.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    await own.getByText('What you type here runs in the machine').first().waitFor();
    await typed(own, 'echo $((6 * 7)) in $(pwd)');
    await own.locator('.xterm-rows', { hasText: '42 in /' }).waitFor();
    await check(own);
    // What was begun in it is seen beside the task, while it runs and not longer.
    const its = page.getByRole('region', { name: 'Its machine', exact: true });
    await becomes(() => its.innerText(), (it) => /It runs\. It takes .+ of the disk\./.test(it));
    await typed(own, 'sleep 4321 & echo begun');
    await own.locator('.xterm-rows', { hasText: 'begun' }).first().waitFor();
    await its.locator('summary').click();
    await becomes(() => its.locator('.program').allInnerTexts(), (all) => all.some((it) => it.startsWith('sleep 4321')));
    await check(page);
    await typed(own, 'kill %1');
    await becomes(() => its.locator('.program').allInnerTexts(), (all) => all.every((it) => !it.startsWith('sleep 4321')));
    await typed(own, 'exit');
    await own.getByRole('button', { name: 'Open it again', exact: true }).click();
    await own.getByText('What you type here runs in the machine').first().waitFor();
    assert.match(await world.tell('log', task), /you opened a terminal in its machine[^]*you closed the terminal/);
    const policy = await own.evaluate(async () => (await fetch(location.href)).headers.get('content-security-policy'));
    assert.match(policy, /script-src 'self';/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('where no machine runs it says so', async () => {
    await world.tell('stop', task);
    const { page, context } = await letIn(browser, world);
    await page.goto(`${new URL(page.url()).origin}/tasks/${task}/terminal`);
    await page.getByRole('alert').first().waitFor();
    await page.getByRole('button', { name: 'Open it again', exact: true }).waitFor();
    await page.goto(`${new URL(page.url()).origin}/tasks/${task}`);
    const its = page.getByRole('region', { name: 'Its machine', exact: true });
    await becomes(() => its.innerText(), (it) => /It ended with the task\. It takes .+ of the disk\.$/.test(it));
    await context.close();
  });
});
