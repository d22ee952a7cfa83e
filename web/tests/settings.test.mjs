// The settings as a person uses them: what is kept, what is tested, what can be mended.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { check } from './axe.mjs';
import { becomes, letIn, newBrowser, newWorld } from './world.mjs';

describe('settings', { concurrency: false }, () => {
  let world, browser, model, file;
  let isWell = true;
  before(async () => {
    world = await newWorld();
    // A model server of ours: it lists one model, and answers one word.
    model = createServer((asked, answer) => {
      answer.setHeader('content-type', 'application/json');
      if (asked.url.endsWith('/models')) {
        answer.end(JSON.stringify({ object: 'list', data: [{ id: 'tiny', object: 'model' }] }));
      } else if (isWell) {
        answer.setHeader('content-type', 'text/event-stream');
        const part = (delta, finish_reason = null) =>
          `data: ${JSON.stringify({ id: '1', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
        answer.end(`${part({ role: 'assistant', content: 'Ready' })}${part({}, 'stop')}data: [DONE]\n\n`);
      } else {
        answer.statusCode = 401;
        answer.end(JSON.stringify({ error: { message: 'wrong key', type: 'invalid_request_error' } }));
      }
    });
    await new Promise((done) => model.listen(0, '127.0.0.1', done));
    file = join(world.config, 'config.toml');
    const servers = `[models]\nservers = ["127.0.0.1:${model.address().port}"] # ours\n`;
    const own = `[[provider]]\nname = "house"\nformat = "chat"\nbase_url = "http://127.0.0.1:${model.address().port}/v1"\nkey_variables = ["HOUSE_KEY"]\n`;
    writeFileSync(join(world.config, 'models.toml'), own);
    writeFileSync(file, `# mine\n[budget]\n# not too much\ncents = 50 # for now\n\n${servers}`);
    writeFileSync(join(world.config, 'egress.rules'), 'allow reading from example.org\nnonsense here\n');
    mkdirSync(join(world.home, 'Mess'));
    writeFileSync(join(world.home, 'Mess', 'a.txt'), 'a');
    await world.tell('run', 'Tidy this folder', '--folder', join(world.home, 'Mess'), '--yes');
    browser = await newBrowser();
  });
  after(async () => {
    model?.close();
    await browser?.close();
    await world?.end();
  });

  async function at(part) {
    const { page, context, complaints } = await letIn(browser, world);
    await page.goto(new URL(`/settings/${part}`, page.url()).href);
    return { page, context, complaints };
  }

  test('a budget is written into the file, and the comments there stay', async () => {
    const { page, context, complaints } = await at('budgets');
    const money = page.getByLabel('Money for its model, in US cents', { exact: true });
    await becomes(() => money.inputValue(), '50');
    await money.fill('0');
    await page.getByText('From 1 to 10,000,000.').first().waitFor();
    await page.getByRole('button', { name: 'Save', exact: true, disabled: true }).waitFor();
    await money.fill('70');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('It holds for tasks that begin').first().waitFor();
    assert.match(readFileSync(file, 'utf8'), /# mine\n\[budget\]\n# not too much\ncents = 70 # for now\n/);
    await page.getByRole('button', { name: 'Back to the usual', exact: true }).click();
    await page.getByRole('button', { name: 'Back to the usual', exact: true }).waitFor({ state: 'detached' });
    await becomes(() => money.inputValue(), '2000');
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('a model is found by itself, tested for real, and chosen', async () => {
    const { page, context } = await at('models');
    const name = `local-${model.address().port}/tiny`;
    await page.getByRole('button', { name: `Test ${name}`, exact: true }).click();
    await page.getByText(`${name} answered “Ready”`).first().waitFor();
    isWell = false;
    await page.getByRole('button', { name: `Test ${name}`, exact: true }).click();
    await page.getByRole('alert').filter({ hasText: 'What to do' }).waitFor();
    isWell = true;
    await page.getByText('ANTHROPIC_API_KEY').first().waitFor();
    await world.tell('settings', 'models.default', name);
    await page.reload();
    await page.getByRole('button', { name: 'Choose by itself again', exact: true }).click();
    await page.getByRole('button', { name: 'Choose by itself again', exact: true }).waitFor({ state: 'detached' });
    assert.doesNotMatch(readFileSync(file, 'utf8'), /default/);
    await context.close();
  });

  test('a key is typed once, tested at once, never shown again, and forgotten', async () => {
    const { page, context, complaints } = await at('models');
    const seen = [];
    page.on('response', async (it) => seen.push(await it.text().catch(() => '')));
    await page.getByRole('button', { name: 'Keep a key of house', exact: true }).click();
    isWell = false;
    await page.getByLabel('Key of house', { exact: true }).fill('house-key-12345');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'did not take this key' }).waitFor();
    isWell = true;
    await page.getByRole('button', { name: 'Test and keep it', exact: true }).click();
    await page.getByText(/^✓ house\/tiny answered “Ready”/).first().waitFor();
    await page.getByText('a key is kept here').first().waitFor();
    assert.ok(!seen.join('').includes('house-key-12345'));
    assert.ok(!(await page.content()).includes('house-key-12345'));
    await check(page);
    await page.reload();
    await page.getByRole('button', { name: 'Test house/tiny', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Forget the key of house', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Forget', exact: true }).click();
    await page.getByRole('button', { name: 'Keep a key of house', exact: true }).waitFor();
    assert.deepEqual(complaints.filter((it) => !it.includes('status of 409')), []);
    await context.close();
  });

  test('what is remembered is read, changed and deleted, of a person and of a folder', async () => {
    const place = join(world.home, 'Mess', '.legwork');
    mkdirSync(place);
    writeFileSync(join(place, 'memory.md'), '- <b>dates</b> are DMY\n');
    const { page, context, complaints } = await at('memory');
    const mine = page.getByLabel('What is remembered of you', { exact: true });
    await mine.fill('- signs as A. B.\n');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('It is remembered.', { exact: true }).first().waitFor();
    assert.equal(readFileSync(join(world.config, 'memory.md'), 'utf8'), '- signs as A. B.\n');
    const folder = page.getByLabel('What is remembered about ~/Mess', { exact: true });
    await becomes(() => folder.inputValue(), '- <b>dates</b> are DMY\n');
    // What somebody wrote in the meantime is not written over.
    writeFileSync(join(place, 'memory.md'), '- theirs\n');
    await folder.fill('- mine\n');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('alert').first().waitFor();
    assert.equal(readFileSync(join(place, 'memory.md'), 'utf8'), '- theirs\n');
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByRole('button', { name: /^Read it again: What is remembered about/ }).click();
    await becomes(() => folder.inputValue(), '- theirs\n');
    await check(page);
    await page.getByRole('button', { name: 'Delete what is remembered about ~/Mess', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByText('Nothing is remembered about a folder').first().waitFor();
    assert.ok(!existsSync(join(place, 'memory.md')));
    await page.getByRole('button', { name: 'Forget all of it', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Forget all of it', exact: true }).click();
    // Whole, for of folders something like it is said too.
    await page.getByText('Nothing is remembered yet. What you write here,').first().waitFor();
    assert.equal(readFileSync(join(world.config, 'memory.md'), 'utf8'), '');
    assert.deepEqual(complaints.filter((it) => !it.includes('status of 409')), []);
    await context.close();
  });

  test('what machines take on the disk is told, and what they are made of', async () => {
    const { page, context, complaints } = await at('machine');
    await page.getByText('Everything of Legwork', { exact: true }).first().waitFor();
    await page.getByText('Tasks work in jails, which need none').first().waitFor();
    await page.getByText(/^There is none\. legwork machine keep/).first().waitFor();
    await check(page);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('rules for every task are added in words and forgotten', async () => {
    const { page, context } = await at('network');
    await page.getByText('allow reading from example.org').first().waitFor();
    await page.getByLabel('Allow for every task', { exact: true }).fill('read docs.example.com');
    await page.keyboard.press('Enter');
    await page.getByText('This means:').first().waitFor();
    await page.getByRole('button', { name: 'Allow it', exact: true }).click();
    await page.getByRole('button', { name: 'Forget: read from docs.example.com', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Forget: read from example.org', exact: true }).click();
    await page.getByText('allow reading from example.org').first().waitFor({ state: 'detached' });
    const rules = JSON.parse(await world.legwork('rules', 'list', '--json')).rules;
    assert.deepEqual(rules, ['nonsense here', 'allow reading from docs.example.com']);
    await context.close();
  });

  test('a secret is kept and never shown again', async () => {
    const { page, context } = await at('network');
    const seen = [];
    page.on('response', async (it) => seen.push(await it.text().catch(() => '')));
    await page.getByText('Keep a secret').click();
    await page.getByLabel('Name', { exact: true }).fill('EXAMPLE_TOKEN');
    await page.getByLabel('Value', { exact: true }).fill('s3cr3t-value');
    await page.getByLabel('The only host it may go to', { exact: true }).fill('api.example.com');
    await page.getByRole('button', { name: 'Keep it', exact: true }).click();
    await page.getByText('only for api.example.com').first().waitFor();
    await page.reload();
    await page.getByText('only for api.example.com').first().waitFor();
    assert.ok(!seen.join('').includes('s3cr3t-value'));
    assert.ok(!(await page.content()).includes('s3cr3t-value'));
    await page.getByRole('button', { name: 'Remove EXAMPLE_TOKEN', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove EXAMPLE_TOKEN', exact: true }).click();
    await page.getByText('No secret is kept.').first().waitFor();
    await context.close();
  });

  test('a folder used lately begins a new task', async () => {
    const { page, context } = await at('folders');
    await page.getByText('~/Mess').first().waitFor();
    await page.getByRole('link', { name: 'New task here: ~/Mess', exact: true }).click();
    await page.getByRole('button', { name: 'Remove Mess', exact: true }).waitFor();
    await context.close();
  });

  test('what can be mended without a risk is mended with one press', async () => {
    chmodSync(world.state, 0o755);
    const { page, context } = await at('doctor');
    await page.getByText('Can be mended without a risk').first().waitFor();
    const fixes = page.getByRole('button', { name: 'Mend it', exact: true });
    await becomes(() => fixes.count(), 2);
    await fixes.first().click();
    await becomes(() => fixes.count(), 1);
    assert.equal(statSync(world.state).mode & 0o777, 0o700);
    await fixes.first().click();
    await page.getByText('Can be mended without a risk').first().waitFor({ state: 'detached' });
    assert.match(readFileSync(join(world.config, 'egress.rules'), 'utf8'), /# not understood: nonsense here/);
    await context.close();
  });

  test('a wrong setting is refused with a way out, and nothing is written', async () => {
    const before = readFileSync(file, 'utf8');
    const told = await world.tell('settings', 'budget.calls', 'many');
    assert.match(told, /a whole number from 1 to/);
    assert.match(await world.tell('settings', 'budgte.calls', '7'), /did you mean `budget\.calls`/);
    assert.equal(readFileSync(file, 'utf8'), before);
  });

  test('a notification tells what began to need somebody, and leads there', async () => {
    const { page, context } = await letIn(browser, world);
    await context.grantPermissions(['notifications'], { origin: new URL(page.url()).origin });
    await page.addInitScript(() => {
      window.told = [];
      window.Notification = class {
        static permission = 'granted';
        static requestPermission = () => Promise.resolve('granted');
        constructor(title, { body }) {
          window.told.push(`${title}: ${body}`);
        }
        close() {}
      };
      document.hasFocus = () => false;
    });
    await page.goto(new URL('/settings', page.url()).href);
    await page.getByRole('button', { name: 'Turn on', exact: true }).click();
    await page.getByText('On in this browser.').first().waitFor();
    await world.tell('run', 'Find duplicate files', '--folder', join(world.home, 'Mess'));
    await page.waitForFunction(() => window.told.length > 0);
    assert.match((await page.evaluate(() => window.told))[0], /: Find duplicate files/);
    await becomes(() => page.title(), (it) => /^\(\d+\) Settings · Legwork$/.test(it));
    await context.close();
  });

  test('search finds words in results and in names of files', async () => {
    const hits = JSON.parse(await world.legwork('search', 'a.txt', '--json'));
    assert.equal(hits[0].task.request, 'Tidy this folder');
    assert.deepEqual(JSON.parse(await world.legwork('search', 'nothing-like-this', '--json')), []);
  });
});
