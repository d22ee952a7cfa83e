// How fast the window is: `speed.mjs FILL_BENCH` prints one line of JSON. Each figure is a median.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { history, LONG } from './history.mjs';
import { manyFiles } from './many.mjs';
import { letIn, newBrowser, newWorld } from './world.mjs';

const [fill] = process.argv.slice(2);
const ROUNDS = Number(process.env.LEGWORK_ROUNDS ?? 5);
const WINDOWS = 20;

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const status = (pid, name) => {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8').split('\n').find((it) => it.startsWith(name));
  return Number(line.split(/\s+/)[1]) / 1024;
};
/** Processor time of a process, in milliseconds (proc_pid_stat(5), fields 14 and 15; 100 ticks a second). */
const worked = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
};
const rest = (ms) => new Promise((done) => setTimeout(done, ms));

const world = await newWorld();
const browser = await newBrowser();
const figures = {};
try {
  const ledger = join(world.state, 'ledger');
  mkdirSync(ledger, { recursive: true });
  execFileSync(fill, [ledger], { input: history() });
  const many = await manyFiles(world);
  const receipts = await world.receipts();
  await world.tell('run', 'Make an expense report from these receipts', '--folder', receipts);
  const { id: live } = JSON.parse(await world.legwork('list', '--json')).find((it) => it.request.startsWith('Make an'));
  await world.legwork('show', LONG);

  // All script that a browser fetches which never saw the page, until no more comes: its network is
  // never idle, for the stream stays open.
  {
    const context = await browser.newContext();
    const scripts = [];
    context.on('response', (answer) => {
      if (answer.request().resourceType() === 'script') scripts.push(answer.body());
    });
    const page = await context.newPage();
    await page.goto(await world.link());
    await page.locator('.task-list').first().waitFor();
    for (let seen = -1; seen !== scripts.length; await rest(2000)) seen = scripts.length;
    const packed = (await Promise.all(scripts)).map((body) => gzipSync(body).length);
    if (packed.length === 0) throw new Error('no script of the page was seen');
    figures.script_kb = packed.reduce((sum, bytes) => sum + bytes, 0) / 1000;
    await context.close();
  }

  // The first page, of a daemon that is warm.
  const paints = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { page, context } = await letIn(browser, world);
    const origin = new URL(page.url()).origin;
    await page.goto(`${origin}/`);
    await page.locator('.task-list').first().waitFor();
    paints.push(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0].startTime));
    await context.close();
  }
  figures.first_paint_ms = median(paints);

  const { page, context } = await letIn(browser, world, { viewport: { width: 1280, height: 900 } });
  const origin = new URL(page.url()).origin;
  const pid = JSON.parse(await page.evaluate(async () => (await fetch('/v1/version')).text())).pid;

  // What is stored is seen: from before it is asked for, so that storing is in it, until the frame
  // after the one that shows it.
  await page.goto(`${origin}/tasks/${live}`);
  await page.getByRole('heading', { name: 'What happened', exact: true }).waitFor();
  const seen = [];
  for (let round = 0; round < ROUNDS * 2; round += 1) {
    seen.push(
      await page.evaluate(
        async ([task, text]) => {
          const shown = new Promise((done) => {
            const look = () =>
              document.querySelector('.story')?.textContent?.includes(text) &&
              requestAnimationFrame(() => setTimeout(() => done(performance.now())));
            new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
          });
          const began = performance.now();
          const answer = await fetch(`/v1/tasks/${task}/say`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ text }),
          });
          if (!answer.ok) throw new Error(await answer.text());
          return (await shown) - began;
        },
        [live, `Word number ${round} of ${Date.now()}`],
      ),
    );
  }
  figures.event_ms = median(seen);

  /** From the press of a link until what it leads to is painted. */
  const opened = async (address, sign) => {
    await page.goto(`${origin}/`);
    await page.locator('.task-list').first().waitFor();
    return page.evaluate(
      async ([to, wanted]) => {
        const began = performance.now();
        history.pushState(null, '', to);
        dispatchEvent(new PopStateEvent('popstate'));
        while (!document.querySelector(wanted)) await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        return performance.now() - began;
      },
      [address, sign],
    );
  };
  const long = [];
  for (let round = 0; round < ROUNDS; round += 1) long.push(await opened(`/tasks/${LONG}`, '.story-line'));
  figures.long_task_ms = median(long);

  // As fast as somebody turns the wheel, from the beginning of it to the end.
  const frames = await page.evaluate(async () => {
    const times = [];
    let last = await new Promise(requestAnimationFrame);
    for (let frame = 0; frame < 240; frame += 1) {
      scrollBy(0, 180);
      const now = await new Promise(requestAnimationFrame);
      times.push(now - last);
      last = now;
    }
    return times;
  });
  // All of them together: a median would hide that every third one came late.
  figures.scroll_fps = (1000 * frames.length) / frames.reduce((sum, it) => sum + it, 0);

  const diff = [];
  for (let round = 0; round < ROUNDS; round += 1) diff.push(await opened(`/tasks/${many}/changes`, '.change-link'));
  figures.many_changes_ms = median(diff);
  const one = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const path = encodeURIComponent(`Many/file-${round + 7}.txt`);
    one.push(await opened(`/tasks/${many}/changes?file=${path}`, '.diff-line'));
  }
  figures.one_of_many_ms = median(one);
  await context.close();

  // Twenty windows of one browser, half of them at the long task, while nothing happens.
  const before = status(pid, 'VmRSS:');
  const first = await letIn(browser, world);
  const pages = [first.page];
  while (pages.length < WINDOWS) {
    const next = await first.context.newPage();
    await next.goto(`${origin}${pages.length % 2 ? `/tasks/${LONG}` : '/'}`);
    await next.locator('h1, .task-list').first().waitFor();
    pages.push(next);
  }
  await rest(2000);
  figures.windows_mib = status(pid, 'VmRSS:') - before;
  const began = worked(pid);
  await rest(10_000);
  figures.windows_idle_ms = worked(pid) - began;
  process.stdout.write(`${JSON.stringify(figures)}\n`);
} finally {
  await browser.close();
  await world.end();
}
