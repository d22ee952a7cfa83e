// What a task made, as a person looks at it: documents of many kinds, hostile ones, and where each came from.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { check } from './axe.mjs';
import { papers } from './papers.mjs';
import { becomes, letIn, newBrowser, newWorld } from './world.mjs';

describe('the viewers', { concurrency: false }, () => {
  let world, browser, page, complaints, folder, first, second, origin;
  before(async () => {
    world = await newWorld();
    const made = await papers(world);
    folder = made.folder;
    first = (await made.run('900')).task;
    await world.tell('apply', first, '--despite-checks');
    second = (await made.run('950')).task;
    browser = await newBrowser();
    ({ page, complaints } = await letIn(browser, world, { viewport: { width: 1440, height: 900 } }));
    origin = new URL(page.url()).origin;
    await page.evaluate(() => {
      window.acted = 0;
      addEventListener('message', () => (window.acted += 1));
    });
  });
  after(async () => {
    await browser?.close();
    await world?.end();
  });

  const at = (task, part, name) =>
    page.goto(`${origin}/tasks/${task}/${part}?file=${encodeURIComponent(`Papers/${name}`)}`);

  test('a spreadsheet is a table with its changed cells marked, in the order of the workbook', async () => {
    await at(second, 'changes', 'budget.xlsx');
    const sheets = page.getByRole('group', { name: 'Sheets', exact: true }).getByRole('button');
    await becomes(async () => (await sheets.allInnerTexts()).map((it) => it.trim()), ['Zebra 1', 'Apple']);
    const changed = page.locator('td.cell-after');
    await becomes(() => changed.locator('del').allInnerTexts(), ['900']);
    await becomes(() => changed.locator('ins').allInnerTexts(), ['950']);
    await page.getByRole('button', { name: 'Apple', exact: true }).click();
    await page.getByRole('cell', { name: 'Tea', exact: true }).waitFor();
    await check(page);
  });

  test('a letter is a page, before and after', async () => {
    await at(first, 'changes', 'letter.docx');
    await page.getByRole('heading', { name: 'Dear landlord', exact: true }).first().waitFor();
    await page.locator('[data-new=true]').getByText('We pay 900 a month.', { exact: true }).first().waitFor();
    await becomes(() => page.getByText('We pay 950 a month from May.').count(), 1);
    await becomes(() => page.getByRole('cell', { name: 'Power', exact: true }).count(), 2);
    await check(page);
    await page.getByRole('button', { name: 'Difference', exact: true }).click();
    await page.locator('[data-kind=removed]', { hasText: 'We pay 900' }).waitFor();
  });

  test('pictures lie one over the other, with a slider for the keyboard too', async () => {
    await at(first, 'changes', 'sign.png');
    const slider = page.getByRole('slider');
    await slider.press('Home');
    await becomes(() => slider.inputValue(), '0');
    const clip = () => page.locator('.overlay-top').evaluate((it) => getComputedStyle(it).clipPath);
    await becomes(clip, (it) => it.includes('100%'));
    await slider.press('End');
    await becomes(clip, (it) => /0px\)$|0%\)$/.test(it));
    await page.getByRole('button', { name: 'Side by side', exact: true }).click();
    await becomes(() => page.locator('.picture img').count(), 2);
    await check(page);
  });

  test('code has line numbers, in two columns where there is room', async () => {
    await at(first, 'changes', 'code.py');
    await page.locator('.split-line').first().waitFor();
    const line = page.locator('.split-line', { hasText: 'line_20 = None' });
    await becomes(() => line.locator('.diff-number').allInnerTexts(), ['21', '21']);
    // Its words are told apart, in both versions.
    await becomes(() => line.locator('[data-code]').allInnerTexts(), ['20', 'None']);
    await check(page);
    await page.setViewportSize({ width: 768, height: 900 });
    await page.locator('.split-line').first().waitFor({ state: 'detached' });
    await page.locator('[data-kind=added]', { hasText: 'line_20 = None' }).waitFor();
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  test('a pdf is its pages, or its text', async () => {
    await at(first, 'artifact', 'report.pdf');
    // Without the system's program for it there is the text.
    const drawn = existsSync('/usr/bin/pdftoppm');
    if (drawn) {
      const leaf = page.getByRole('img', { name: 'Page 1 of 2', exact: true });
      await leaf.waitFor();
      await page.waitForFunction(() => document.querySelector('.leaf img')?.naturalWidth > 500);
      await page.getByRole('button', { name: 'Text', exact: true }).click();
    }
    await page.getByText('First page of the report').first().waitFor();
    await check(page);
  });

  test('a mail, a text and a table are read, and what is broken says so', async () => {
    for (const [name, words] of [
      ['mail.eml', 'The power costs 80.'],
      ['essay.odt', 'Another one.'],
      ['table.csv', 'Rent'],
      ['فاتورة الكهرباء.txt', 'eighty'],
      ['broken.docx', 'This file could not be read to be shown.'],
    ]) {
      await at(first, 'artifact', name);
      await page.getByText(words, { exact: true }).first().waitFor();
      await check(page);
    }
  });

  test('markdown of a hostile writer is words, and loads nothing', async () => {
    const asked = [];
    page.on('request', (request) => asked.push(request.url()));
    await at(first, 'artifact', 'notes.md');
    await page.locator('.paper').getByRole('heading', { name: 'Notes', exact: true }).waitFor();
    await becomes(() => page.locator('.paper strong').allInnerTexts(), ['bold']);
    assert.equal(await page.locator('.paper').locator('script, img, a, iframe').count(), 0);
    await becomes(() => page.getByText('<b>not bold</b>').count(), 1);
    await check(page);
    assert.deepEqual(asked.filter((url) => !url.startsWith(origin)), []);
    assert.equal(await page.evaluate(() => window.acted ?? 0), 0);
  });

  test('it says where a file came from, row by row, and leads into what happened', async () => {
    await at(first, 'artifact', 'budget.xlsx');
    const chain = page.getByRole('list', { name: 'Where did this come from?', exact: true });
    await chain.getByText('It was written by').first().waitFor();
    await chain.getByText('Zebra').first().waitFor();
    await chain.getByRole('link', { name: /letter\.docx/ }).first().click();
    await page.waitForURL(/item=call-\d/);
    await page.locator('#wanted').waitFor();
    await page.locator('.call[data-wanted]').waitFor();
    await page.goBack();
    await at(first, 'changes', 'report.pdf');
    await page.getByRole('button', { name: 'Where from', exact: true }).click();
    await page.getByText('No call names it.').first().waitFor();
    await check(page);
  });

  test('a program of one’s own is started for documents in the folder only', async () => {
    await at(second, 'artifact', 'budget.xlsx');
    await page.getByRole('button', { name: 'Open in its program', exact: true, disabled: true }).waitFor();
    await page.getByText('Can be opened once it is in your folder.').first().waitFor();
    const answers = await page.evaluate(
      async ([one, two]) => {
        const ask = async (task, path) => {
          const answer = await fetch(`/v1/tasks/${task}/open`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ path }),
          });
          return (await answer.json()).code;
        };
        return [
          await ask(two, 'Papers/budget.xlsx'),
          await ask(one, 'Papers/code.py'),
          await ask(one, 'Papers/broken.docx'),
          await ask(one, 'Papers/../../etc/passwd'),
          await ask(one, 'Papers/budget.xlsx'),
        ];
      },
      [first, second],
    );
    // What can't be looked through may hold macros.
    assert.deepEqual(answers.slice(0, 4), ['open-unapplied', 'open-unfit', 'open-unfit', 'change-unknown']);
    // No desktop is there in a test: it got as far as that.
    assert.equal(answers[4], 'open-no-desktop');
  });

  test('a conflict is explained, and an undo still works after a restart', async () => {
    writeFileSync(join(folder, 'code.py'), 'mine\n');
    // Whatever comes between an apply and its undo: the daemon knows them from its ledger.
    await world.stop();
    await world.legwork('list');
    await page.goto(`${origin}/tasks/${first}/changes`);
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await page.getByRole('button', { name: 'Undo it', exact: true }).click();
    await page.getByRole('list', { name: 'Still in your folder', exact: true }).getByText('code.py', { exact: true }).waitFor();
    assert.equal(readFileSync(join(folder, 'code.py'), 'utf8'), 'mine\n', 'what a person wrote stays');
  });

  test('a screen reader meets a table, a list and what can be done', async () => {
    await at(second, 'artifact', 'budget.xlsx');
    await page.getByRole('list', { name: 'Where did this come from?', exact: true }).waitFor();
    await page.getByRole('cell', { name: 'Rent', exact: true }).waitFor();
    const parts = [
      /- heading "Papers\/budget\.xlsx" \[level=2\]/,
      /- link "Download"/,
      /- button "Open in its program" \[disabled\]/,
      /- group "Sheets":\s+- button "Zebra" \[pressed\]\s+- button "Apple"/,
      /- table:[\s\S]*- rowheader "2"\s+- cell "Rent"\s+- cell "950"/,
      /- list "Where did this come from\?":/,
    ];
    const absent = async () => {
      const tree = await page.locator('main').ariaSnapshot();
      return parts.filter((part) => !part.test(tree)).map(String);
    };
    await becomes(absent, []);
  });

  test('with the keyboard alone: to a file, through its ways, and to where it came from', async () => {
    await page.goto(`${origin}/tasks/${second}/changes`);
    const link = page.getByRole('link', { name: /budget\.xlsx/ });
    await link.focus();
    await page.keyboard.press('Enter');
    const way = page.getByRole('button', { name: 'Where from', exact: true });
    await way.waitFor();
    for (let presses = 0; presses < 40; presses += 1) {
      if (await way.evaluate((it) => it === document.activeElement)) break;
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Space');
    await page.getByText('It was written by').first().waitFor();
    await becomes(() => way.getAttribute('aria-pressed'), 'true');
  });

  test('what is asked while the daemon is away comes by itself when it is back', async () => {
    await page.goto(`${origin}/tasks/${second}/changes`);
    await page.getByRole('link', { name: /budget\.xlsx/ }).waitFor();
    await world.stop();
    await page.getByText('Legwork is not running').first().waitFor();
    await page.getByRole('link', { name: /budget\.xlsx/ }).click();
    await page.getByRole('button', { name: 'Where from', exact: true }).click();
    await page.getByRole('alert').first().waitFor();
    await world.legwork('list');
    await page.getByText('It was written by').first().waitFor();
  });

  test('nothing complained', () => {
    // Asking for what is not to be had is part of the test, and so is a daemon that ends.
    assert.deepEqual(complaints.filter((it) => !/status of 40|status of 503|ERR_CONNECTION|ERR_SOCKET/.test(it)), []);
  });
});
