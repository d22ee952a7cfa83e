// A home of its own with a real daemon in it, and a browser that was let in.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, promisify } from 'node:util';
import { chromium } from 'playwright-core';

const run = promisify(execFile);
const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');
export const BINARY = process.env.LEGWORK_BINARY ?? join(target, 'debug/legwork');
const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export async function newWorld() {
  const dir = await mkdtemp(join(tmpdir(), 'lw-'));
  const home = join(dir, 'home');
  const runtime = join(dir, 'run');
  await mkdir(home);
  await mkdir(runtime, { mode: 0o700 });
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    XDG_RUNTIME_DIR: runtime,
    XDG_CONFIG_HOME: join(dir, 'config'),
    XDG_STATE_HOME: join(dir, 'state'),
    LANG: 'C.UTF-8',
    ...(process.env.LEGWORK_GUEST ? { LEGWORK_GUEST: process.env.LEGWORK_GUEST } : {}),
  };
  // Quiet, so that no model server of this computer changes what is seen.
  await mkdir(join(env.XDG_CONFIG_HOME, 'legwork'), { recursive: true });
  const world = {
    dir,
    home,
    state: join(env.XDG_STATE_HOME, 'legwork'),
    config: join(env.XDG_CONFIG_HOME, 'legwork'),
    legwork: async (...args) => (await run(BINARY, args, { env, maxBuffer: 1 << 26 })).stdout,
    /** Exit statuses of commands that wait for a person are no mistakes. */
    tell: (...args) =>
      new Promise((done) =>
        execFile(BINARY, args, { env, maxBuffer: 1 << 26 }, (_, out, err) => done(out + err)),
      ),
    link: async (...args) => (await world.legwork('open', '--link', ...args)).trim(),
    receipts: async (name = 'Receipts') => {
      await cp(join(root, 'examples/receipts'), join(home, name), { recursive: true });
      return join(home, name);
    },
    serve: () => spawn(BINARY, ['serve'], { env, stdio: 'ignore' }),
    stop: () => world.tell('serve', '--stop'),
    end: async () => {
      await world.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
  return world;
}

export async function newBrowser(...more) {
  const executablePath = BROWSERS.find((path) => existsSync(path));
  if (!executablePath) throw new Error('no Chromium was found');
  // Root may not use the browser's own sandbox; the pages are ours.
  const args = process.getuid?.() === 0 ? ['--no-sandbox', ...more] : more;
  // A slow hand finds what a test only passes because it is quick.
  const slowMo = Number(process.env.LEGWORK_SLOW_MO ?? 0);
  return chromium.launch({ executablePath, args, slowMo });
}

const PATIENCE_MS = 30_000;
const LOOK_MS = 25;

/** Reads until it is as wanted, for a page shows things when they are there; resolves to what was read. */
export async function becomes(read, wanted) {
  const isSo = typeof wanted === 'function' ? wanted : (it) => isDeepStrictEqual(it, wanted);
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const it = await read();
    if (isSo(it)) return it;
    if (Date.now() > end) {
      if (typeof wanted !== 'function') assert.deepEqual(it, wanted);
      assert.fail(`it stayed ${JSON.stringify(it)}`);
    }
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }
}

/** A page of a browser that was let in, and what its console complained of. */
export async function letIn(browser, world, options = {}) {
  const { to = [], ...rest } = options;
  // Colours on their way to others would be looked at as if they stayed so.
  const context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce', ...rest });
  const page = await context.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  await page.goto(await world.link(...to));
  await page.waitForURL((url) => url.pathname !== '/open');
  await page.locator('main').waitFor();
  return { page, context, complaints };
}

/** Hands the example receipts over; resolves to the task's id once the plan waits. */
export async function handOver(world, ...more) {
  const folder = await world.receipts(`Receipts ${Math.random().toString(36).slice(2, 6)}`);
  await world.tell('run', 'Make an expense report from these receipts', '--folder', folder, ...more);
  const [task] = JSON.parse(await world.legwork('list', '--json'));
  return { task: task.id, folder };
}

/** Answers each question as suggested, or with its first choice, until the task rests. */
export async function answerAll(page) {
  for (;;) {
    const question = page.locator('.card[data-tone=wait]:has(.choices)').first();
    const result = page.locator('#result');
    await question.or(result).first().waitFor();
    if (await result.isVisible()) return;
    const asked = await question.getByRole('heading').innerText();
    const card = page.locator('.card[data-tone=wait]').filter({ hasText: asked }).first();
    // What is suggested is chosen from the start: the card comes with it, or never has it.
    if ((await card.locator('input:checked').count()) === 0) await card.getByRole('radio').first().press('Space');
    await card.getByRole('button', { name: 'Answer', exact: true }).click();
    await card.waitFor({ state: 'detached' });
  }
}
