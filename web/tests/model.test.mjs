// A task that a language model works on: what it costs, and what it says while the model can't be asked.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { check } from './axe.mjs';
import { png } from './papers.mjs';
import { becomes, letIn, newBrowser, newWorld } from './world.mjs';

const PRICE = 'price = { input = 1.0, output = 5.0, cache_read = 0.1, cache_write = 1.0, as_of = "2026-01-01", source = "here" }';

const question = {
  question: 'Which of the two is newer?',
  why: 'Both are called final.',
  choices: [{ key: 'a', label: 'final-final.docx' }, { key: 'b', label: 'final2.docx' }],
  suggested: 'a',
  free: true,
};

describe('a model', { concurrency: false }, () => {
  let world, browser, model, folder;
  /** What it answers next: a call, calls by how many it made, or a status that tells it to wait. */
  let next = ['ask', question];
  before(async () => {
    world = await newWorld();
    model = createServer(answer);
    await new Promise((done) => model.listen(0, '127.0.0.1', done));
    const address = `http://127.0.0.1:${model.address().port}/v1`;
    const provider = `[[provider]]\nname = "house"\nformat = "chat"\nbase_url = "${address}"\n`;
    const known = `[[model]]\nprovider = "house"\nid = "house-1"\n${PRICE}\nquirks = { images = true }\n`;
    writeFileSync(join(world.config, 'models.toml'), `${provider}${known}[[key]]\nprovider = "house"\ncommand = ["echo", "key"]\n`);
    folder = join(world.home, 'Dinge');
    mkdirSync(folder);
    writeFileSync(join(folder, 'a.txt'), 'a');
    browser = await newBrowser();
  });
  after(async () => {
    model?.close();
    await browser?.close();
    await world?.end();
  });

  function answer(request, response) {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      if (typeof next === 'number') {
        response.writeHead(next, { 'content-type': 'application/json', 'retry-after': '600' });
        return response.end(JSON.stringify({ error: { message: 'slow down' } }));
      }
      const made = JSON.parse(body).messages.filter((it) => it.role === 'tool').length;
      const [name, args] = Array.isArray(next[0]) ? (next[made] ?? ['finish', { summary: 'Done.' }]) : next;
      const call = { index: 0, id: `c${made}`, type: 'function', function: { name, arguments: JSON.stringify(args) } };
      const part = (choice, more = {}) =>
        `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', model: 'house-1', choices: [{ index: 0, ...choice }], ...more })}\n\n`;
      response.setHeader('content-type', 'text/event-stream');
      response.write(part({ delta: { role: 'assistant', content: 'I have a question.', tool_calls: [call] } }));
      const usage = { prompt_tokens: 100_000, completion_tokens: 4_000 };
      response.end(`${part({ delta: {}, finish_reason: 'tool_calls' }, { usage })}data: [DONE]\n\n`);
    });
  }

  async function handedOver(request) {
    await world.tell('run', request, '--folder', folder, '--model', 'house/house-1', '--detach');
    return JSON.parse(await world.legwork('list', '--json'))[0].id;
  }

  test('what a task costs stands in its head and in its row, against what it may cost', async () => {
    next = ['ask', question];
    const task = await handedOver('Tell me which is newer');
    const { page, context, complaints } = await letIn(browser, world, { to: [task] });
    await page.getByRole('heading', { name: 'Which of the two is newer?', exact: true }).waitFor();
    const head = page.locator('header .faint.num').first();
    // 100,000 tokens at a dollar a million, 4,000 at five.
    await becomes(() => head.innerText(), (it) => /worked .+ · \$0\.12 of \$\d+\.\d\d$/.test(it));
    await page.getByText('1 answer; 100,000 tokens read, 0 again from the cache, 4,000 written', { exact: true }).waitFor();
    await check(page);
    next = 429;
    await page.getByRole('button', { name: 'Answer', exact: true }).click();
    const live = page.locator('.live-line');
    await becomes(() => live.innerText(), (it) => it.startsWith('Waits for its model since '));
    await page.goto(new URL('/', page.url()).href);
    const row = page.locator('.task-row').filter({ hasText: 'Tell me which is newer' });
    await becomes(() => row.locator('.task-when').innerText(), (it) => / · \$0\.12 of \$/.test(it));
    await check(page);
    assert.deepEqual(complaints, []);
    await context.close();
    await world.tell('stop', task);
  });

  test('what it saw stands beside its question, is enlarged, and is chosen by eye', async () => {
    mkdirSync(join(folder, 'drafts'));
    writeFileSync(join(folder, 'drafts', 'red.png'), png([200, 60, 50]));
    writeFileSync(join(folder, 'drafts', 'green.png'), png([40, 110, 90], 45));
    const [red, green] = ['Dinge/drafts/red.png', 'Dinge/drafts/green.png'];
    const byEye = {
      question: 'Which sign shall it be?',
      pictures: [red],
      choices: [
        { key: 'red', label: 'The red one', picture: red },
        { key: 'green', label: 'The green one', picture: green },
      ],
      free: true,
    };
    next = [['look', { path: red }], ['look', { path: green }], ['ask', byEye]];
    const task = await handedOver('Make a sign');
    const { page, context, complaints } = await letIn(browser, world, { to: [task] });
    const card = page.getByRole('region', { name: 'A question', exact: true });
    await card.getByRole('heading', { name: byEye.question, exact: true }).waitFor();
    const drawn = () => card.locator('img').evaluateAll((all) => all.map((it) => it.complete && it.naturalWidth > 0));
    await becomes(drawn, [true, true, true]);
    // Two drafts are compared beside each other, and still on a phone one below the other.
    const tops = () => card.locator('.choice-place[data-picture]').evaluateAll((all) => all.map((it) => it.getBoundingClientRect().top));
    const [left, right] = await tops();
    assert.equal(left, right);
    await check(page);
    await card.getByRole('button', { name: 'Enlarge green.png', exact: true }).click();
    const large = page.getByRole('dialog', { name: 'green.png', exact: true });
    await becomes(() => large.locator('img').evaluate((it) => it.complete && it.naturalWidth > 0), true);
    await check(page);
    await page.keyboard.press('Escape');
    await large.waitFor({ state: 'detached' });
    assert.equal(await card.locator('input:checked').count(), 0);
    await page.setViewportSize({ width: 360, height: 740 });
    const [above, below] = await tops();
    assert.ok(above < below);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    await card.getByRole('radio', { name: /The red one/ }).press('Space');
    await page.keyboard.press('ArrowRight');
    await becomes(() => card.getByRole('radio', { name: /The green one/ }).isChecked(), true);
    await card.getByRole('button', { name: 'Answer', exact: true }).click();
    await page.locator('#result').waitFor();
    // The story has the answer, and what was seen.
    await page.getByText(`${byEye.question}`).first().waitFor();
    await page.locator('.told').getByText('The green one').first().waitFor();
    const calls = page.locator('.story-line details').first();
    await calls.locator('summary').first().click();
    await calls.getByText('What was seen', { exact: true }).first().click();
    await becomes(() => calls.locator('img').first().evaluate((it) => it.naturalWidth > 0), true);
    await check(page);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('a key that models.toml names is found', async () => {
    const { minds } = JSON.parse(await world.legwork('--json'));
    assert.ok(minds.some((mind) => mind.what === 'a model key for house'), JSON.stringify(minds));
  });

  test('a task that broke waits to be seen, and is put away', async () => {
    const skill = join(world.config, 'skills/fail-once');
    mkdirSync(skill, { recursive: true });
    const about = 'name: fail-once\ndescription: Fails. Use it to fail.\nmetadata:\n  title: Fail\n  words: fail\n';
    writeFileSync(join(skill, 'SKILL.md'), `---\n${about}---\n\n# Fail\n`);
    writeFileSync(join(skill, 'playbook.star'), 'def main():\n    fail("it broke")\n\nmain()\n');
    await world.tell('run', 'Fail at once', '--folder', folder, '--playbook', 'fail-once').catch(() => {});
    const task = JSON.parse(await world.legwork('list', '--json'))[0].id;
    const { page, context } = await letIn(browser, world);
    const needs = page.getByRole('region', { name: /^Needs you/ });
    const row = needs.getByRole('link', { name: /^Fail at once/ });
    await becomes(() => row.innerText(), (it) => it.includes('Look at it'));
    await needs.getByRole('button', { name: 'Put away: Fail at once', exact: true }).click();
    await row.waitFor({ state: 'detached' });
    await becomes(async () => JSON.parse(await world.legwork('show', task, '--json')).archived, true);
    await context.close();
  });

  test('of what a command prints, the latest is seen', async () => {
    const plan = { goal: 'Count', steps: [{ key: 's', text: 'Count' }], checks: [{ key: 'k', text: 'It is so' }], writes: ['Dinge'] };
    const words = 'w'.repeat(50);
    const command = `for i in $(seq 40); do echo "line $i ${words} ${words} ${words} ${words}"; sleep 0.2; done; sleep 300`;
    next = [['plan', plan], ['run_command', { command }]];
    await world.tell('run', 'Count to forty', '--folder', folder, '--model', 'house/house-1', '--detach', '--yes');
    const task = JSON.parse(await world.legwork('list', '--json'))[0].id;
    const { page, context } = await letIn(browser, world, { to: [task], viewport: { width: 360, height: 740 } });
    const output = page.locator('.output');
    await becomes(() => output.innerText(), (it) => it.includes('line 40 '));
    await becomes(() => output.evaluate((it) => it.scrollHeight > it.clientHeight && it.scrollHeight - it.scrollTop - it.clientHeight < 2), true);
    await context.close();
    await world.tell('stop', task);
  });

  test('a server that is down is told in words, and gone on with when it is back', async () => {
    const { port } = model.address();
    model.closeAllConnections();
    await new Promise((done) => model.close(done));
    const task = await handedOver('Say something');
    const { page, context } = await letIn(browser, world, { to: [task], viewport: { width: 360, height: 740 } });
    const live = page.locator('.live-line');
    const told = /house can't be reached: nothing listens at its address; start its server, or check the address; it is asked again at /;
    await becomes(() => live.innerText(), (it) => told.test(it));
    await check(page);
    next = ['ask', question];
    await new Promise((done) => model.listen(port, '127.0.0.1', done));
    // A person who has started it need not wait for the next try.
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await page.getByRole('button', { name: 'Go on', exact: true }).click();
    await page.getByRole('heading', { name: 'Which of the two is newer?', exact: true }).waitFor();
    await context.close();
    await world.tell('stop', task);
  });

  for (const [status, why] of [
    [429, 'house begrenzt, wie viel auf einmal gefragt werden darf'],
    [529, 'house'],
  ]) {
    test(`a model that answers ${status} is waited for in the person’s language and clock`, async () => {
      next = status;
      const task = await handedOver(`Sag mir etwas über ${status}`);
      const { page, context } = await letIn(browser, world, { to: [task], locale: 'de-AT', viewport: { width: 360, height: 740 } });
      const live = page.locator('.live-line');
      const said = await becomes(() => live.innerText(), (it) => it.startsWith('Wartet seit '));
      assert.match(said, /^Wartet seit \d\d:\d\d:\d\d auf sein Modell: /);
      assert.ok(said.includes(why), said);
      assert.doesNotMatch(said, /asked|limits|busy|server said/);
      await check(page);
      await page.getByRole('button', { name: 'Anhalten', exact: true }).click();
      await page.getByRole('dialog').getByRole('button').first().waitFor();
      await page.keyboard.press('Escape');
      await context.close();
      await world.tell('stop', task);
    });
  }
});
