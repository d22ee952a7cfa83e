// A phone: nothing listens until it is chosen, one code lets one in, and what it does from there.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { check } from './axe.mjs';
import { answerAll, becomes, handOver, letIn, newBrowser, newWorld } from './world.mjs';

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, locale: 'en-GB' };

/** Below those that the system hands out, so that nothing else takes it before it is used. */
async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const isFree = await new Promise((done) => {
      const held = createServer();
      held.once('error', () => done(false));
      held.listen(port, '127.0.0.1', () => held.close(() => done(true)));
    });
    if (isFree) return port;
  }
}

describe('a phone', { concurrency: false }, () => {
  let world, browser, address, task, folder;
  before(async () => {
    world = await newWorld();
    browser = await newBrowser();
    address = `127.0.0.1:${await freePort()}`;
    ({ task, folder } = await handOver(world));
  });
  after(async () => {
    await browser?.close();
    await world?.end();
  });

  function ask(method, path, headers = {}, body = undefined, send = request) {
    const [host, port] = address.split(':');
    return new Promise((done, fail) => {
      const options = { host, port, path, method, headers: { host: address, ...headers } };
      const sent = send({ ...options, rejectUnauthorized: false }, (answer) => {
        let text = '';
        answer.on('data', (part) => (text += part));
        answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, text }));
      });
      sent.on('error', fail);
      sent.end(body);
    });
  }

  const link = async () => JSON.parse(await world.legwork('phone', 'pair', '--json'));
  const phones = async () => JSON.parse(await world.legwork('phone', 'list', '--json'));
  const own = () => ({ origin: `https://${address}`, 'content-type': 'application/json' });
  const pair = (code, name = 'My phone') =>
    ask('POST', '/v1/pair', own(), JSON.stringify({ code, name }));

  test('nothing listens until an address is chosen, and never on every network', async () => {
    assert.equal((await phones()).reach.state, 'off');
    assert.match(await world.tell('phone', 'pair'), /no phone can reach this computer yet/);
    assert.match(await world.tell('phone', 'on', '0.0.0.0:7443'), /every network/);
    await assert.rejects(ask('GET', '/'));
    const { reach } = JSON.parse(await world.legwork('phone', 'on', address, '--json'));
    assert.equal(reach.state, 'open');
    assert.match(reach.fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    assert.equal((await ask('GET', '/')).status, 200);
    await assert.rejects(ask('GET', '/', {}, undefined, plainRequest), 'readable is refused');
  });

  test('a code is good once, and guessing is slow', async () => {
    const { url, rows } = await link();
    assert.equal(rows.length, rows[0].length);
    const code = url.split('#')[1];
    const first = await pair(code);
    assert.equal(first.status, 204);
    const cookie = first.headers['set-cookie'][0];
    assert.match(cookie, /^__Host-legwork-phone=[0-9a-f]{64}; Path=\/; HttpOnly; Secure; SameSite=Strict/);
    assert.equal((await pair(code)).status, 403);
    const kept = readFileSync(join(world.state, 'phones.json'), 'utf8');
    assert.ok(!kept.includes(cookie.split(/[=;]/)[1]), 'only a hash is kept');
    for (let tries = 0; tries < 12; tries++) await pair('GUESS');
    assert.equal((await pair('GUESS')).status, 429);
    await world.tell('phone', 'revoke', 'My phone');
    await world.stop();
    await world.tell('list');
  });

  test('only the chosen address and its own page get an answer, for what a phone may', async () => {
    const paired = await pair((await link()).url.split('#')[1], 'Second');
    const cookie = paired.headers['set-cookie'][0].split(';')[0];
    const mine = { cookie, ...own() };
    for (const [method, path, headers, status] of [
      ['GET', '/v1/tasks', { cookie }, 200],
      ['GET', '/v1/tasks', {}, 401],
      ['GET', '/v1/tasks', { cookie: '__Host-legwork-phone=00' }, 401],
      ['GET', '/v1/tasks', { cookie: cookie.replace('__Host-', '') }, 401],
      ['GET', '/v1/tasks', { cookie, host: 'evil.test' }, 403],
      ['GET', '/v1/tasks', { cookie, host: `localhost:${address.split(':')[1]}` }, 403],
      ['GET', '/v1/tasks', { cookie, origin: 'https://evil.test' }, 403],
      ['GET', '/v1/tasks', { cookie, origin: `http://${address}` }, 403],
      ['GET', '/v1/tasks', { cookie, 'sec-fetch-site': 'cross-site' }, 403],
      ['POST', `/v1/tasks/${task}/say`, { cookie }, 403],
      ['GET', '/v1/secrets', mine, 403],
      ['POST', '/v1/settings', mine, 403],
      ['POST', '/v1/phones/pair', mine, 403],
      ['POST', '/v1/phones/revoke', mine, 403],
      ['POST', '/v1/window', mine, 403],
      ['POST', '/v1/shut', mine, 403],
      ['POST', '/v1/doctor/fix', mine, 403],
      ['GET', '/', { host: 'evil.test' }, 403],
      ['POST', '/v1/pair', { origin: 'https://evil.test' }, 403],
    ]) {
      const answer = await ask(method, path, headers);
      assert.equal(answer.status, status, `${method} ${path} ${JSON.stringify(headers)}`);
      assert.equal(answer.headers['access-control-allow-origin'], undefined);
      assert.match(answer.headers['content-security-policy'], /default-src 'none'/);
    }
    for (const [answer, status] of [['always', 403], ['never', 403], ['once', 404]]) {
      const body = JSON.stringify({ question: 'n1', answer });
      const told = await ask('POST', `/v1/tasks/${task}/answers`, mine, body);
      assert.equal(told.status, status, `${answer}: ${told.text}`);
    }
    await world.tell('phone', 'revoke', 'Second');
    assert.equal((await ask('GET', '/v1/tasks', { cookie })).status, 401);
  });

  test('at 360 px: pair, approve, answer, review, and be locked out when revoked', async () => {
    const context = await browser.newContext({ ...PHONE, ignoreHTTPSErrors: true });
    const page = await context.newPage();
    const complaints = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    const fits = async (where) => {
      const wide = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      await becomes(wide, (it) => it <= 0);
      await check(page, where);
    };
    await page.goto(`https://${address}/`);
    await page.getByRole('heading', { name: 'This phone is not let in', exact: true }).waitFor();
    await fits('locked');
    await page.goto((await link()).url);
    await page.getByLabel('What you call it', { exact: true }).fill('Pocket');
    await fits('pair');
    await page.getByRole('button', { name: 'Let it in', exact: true }).tap();
    await page.getByRole('heading', { name: /^Needs you/ }).waitFor();
    assert.ok(!page.url().includes('#'));
    await page.getByRole('link', { name: /expense report/ }).first().tap();
    await page.getByRole('button', { name: 'Approve and begin', exact: true }).tap();
    // A playbook heeds nothing that is said to it, so nothing is offered to say.
    assert.equal(await page.getByLabel('Tell it something', { exact: true }).count(), 0);
    await answerAll(page);
    await page.getByRole('link', { name: 'Look at the changes', exact: true }).tap();
    await page.getByRole('button', { name: /Apply \d+ change/ }).tap();
    await page.getByText('Applied to your folder').first().waitFor();
    await fits('changes');
    assert.ok(readFileSync(join(folder, 'Expenses.xlsx')).length > 0);
    await page.getByRole('button', { name: 'Take it back from all browsers', exact: true }).waitFor({ state: 'detached' });
    await world.tell('phone', 'revoke', 'Pocket');
    await page.goto(`https://${address}/`);
    await page.getByRole('heading', { name: 'This phone is not let in', exact: true }).waitFor();
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('what acts later is kept at the computer, and hidden folders are not handed over', async () => {
    const down = join(world.home, 'Down');
    mkdirSync(join(world.home, '.ssh'));
    mkdirSync(down);
    writeFileSync(join(down, 'song.mp3'), 'y');
    writeFileSync(join(down, 'Game.desktop'), '[Desktop Entry]');
    await world.tell('run', 'Tidy this folder', '--folder', down, '--yes');
    const [{ id }] = JSON.parse(await world.legwork('list', '--json'));
    const paired = await pair((await link()).url.split('#')[1], 'Finder');
    const [name, value] = paired.headers['set-cookie'][0].split(';')[0].split('=');
    const mine = { cookie: `${name}=${value}`, ...own() };
    const refused = async (path, body) => {
      const answer = await ask('POST', path, mine, JSON.stringify(body));
      assert.deepEqual([answer.status, JSON.parse(answer.text).code], [403, 'phone-may-not'], path);
    };
    for (const folder of [join(world.home, '.ssh'), world.home, '/etc']) {
      await refused('/v1/tasks', { request: 'Tidy this folder', folders: [{ path: folder, access: 'write' }] });
    }
    await refused(`/v1/tasks/${id}/apply`, { selection: { paths: [], ticks: ['Down/Data/Game.desktop'] } });

    const context = await browser.newContext({ ...PHONE, ignoreHTTPSErrors: true });
    const url = `https://${address}`;
    await context.addCookies([{ name, value, url, secure: true, httpOnly: true, sameSite: 'Strict' }]);
    const page = await context.newPage();
    await page.goto(`${url}/tasks/${id}/changes`);
    await page.getByText('These are kept on the computer itself', { exact: true }).waitFor();
    const tick = page.getByRole('checkbox', { name: 'Keep Down/Data/Game.desktop', exact: true });
    assert.ok(await tick.isDisabled());
    await check(page, 'with changes for the computer');
    await page.getByRole('button', { name: /^Apply \d+ change/ }).tap();
    await page.getByText('A part is in your folder', { exact: true }).first().waitFor();
    assert.ok(existsSync(join(down, 'Music/song.mp3')));
    assert.ok(!existsSync(join(down, 'Data/Game.desktop')));
    await context.close();
    await world.tell('phone', 'revoke', 'Finder');
  });

  test('the settings turn it on, show a code, list and take back', async () => {
    await world.tell('phone', 'off');
    await assert.rejects(ask('GET', '/'));
    const { page, context, complaints } = await letIn(browser, world);
    await page.goto(new URL('/settings/phone', page.url()).href);
    await page.getByLabel(/^An address of this computer/).fill(address);
    await page.getByRole('button', { name: 'Be reached there', exact: true }).click();
    await page.getByText('reachable', { exact: true }).first().waitFor();
    await page.getByRole('button', { name: 'Show a code', exact: true }).click();
    await page.getByRole('img', { name: /^A code to scan/ }).waitFor();
    const url = await page.getByText(`https://${address}/pair#`).first().innerText();
    assert.equal((await pair(url.split('#')[1], 'Third')).status, 204);
    await page.getByRole('button', { name: 'Done', exact: true }).click();
    await page.getByRole('button', { name: 'Let it in no more: Third', exact: true }).click();
    await page.getByText('No phone is let in.').first().waitFor();
    await page.getByRole('button', { name: 'Turn off', exact: true }).click();
    await page.getByText('off', { exact: true }).first().waitFor();
    await becomes(() => ask('GET', '/').then(() => 'answered', () => 'refused'), 'refused');
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('a phone that nobody used for long is shut out, and both sides say so', async () => {
    await world.tell('phone', 'on', address);
    const paired = await pair((await link()).url.split('#')[1], 'Drawer');
    const [name, value] = paired.headers['set-cookie'][0].split(';')[0].split('=');
    const cookie = `${name}=${value}`;
    assert.equal((await ask('GET', '/v1/tasks', { cookie })).status, 200);
    await world.stop();
    const file = join(world.state, 'phones.json');
    const kept = JSON.parse(readFileSync(file, 'utf8'));
    for (const phone of kept) phone.seen_at -= 40 * 24 * 3600 * 1000;
    writeFileSync(file, JSON.stringify(kept));
    const told = await world.tell('phone', 'list');
    assert.match(told, /Drawer[^]*last used[^]*let in no more, since it was not used for 30 days/);
    const turned = await ask('GET', '/v1/tasks', { cookie });
    assert.equal(turned.status, 401);
    assert.equal(JSON.parse(turned.text).code, 'phone-idle');

    const own = await browser.newContext({ ...PHONE, ignoreHTTPSErrors: true });
    await own.addCookies([{ name, value, url: `https://${address}`, secure: true, httpOnly: true, sameSite: 'Strict' }]);
    const phone = await own.newPage();
    await phone.goto(`https://${address}/`);
    await phone.getByRole('heading', { name: 'This phone is let in no more', exact: true }).waitFor();
    await phone.getByText('It was not used for so long').first().waitFor();
    await check(phone, 'shut out');

    const { page, context } = await letIn(browser, world);
    await page.goto(new URL('/settings/phone', page.url()).href);
    const line = page.getByRole('listitem').filter({ hasText: 'Drawer' });
    await line.getByText('shut out', { exact: true }).waitFor();
    await line.getByText(/^last used /).waitFor();
    await check(page, 'with a phone that is shut out');
    const days = page.getByLabel('Days until a phone that nobody used is shut out', { exact: true });
    await becomes(() => days.inputValue(), '30');
    await days.fill('60');
    await page.keyboard.press('Enter');
    await line.getByText('shut out', { exact: true }).waitFor({ state: 'detached' });
    assert.equal((await ask('GET', '/v1/tasks', { cookie })).status, 200);
    await phone.reload();
    await phone.getByRole('heading', { name: /^Needs you|^Finished/ }).first().waitFor();
    await own.close();
    await context.close();
    await world.tell('settings', 'phone.idle_days', '--unset');
    await world.tell('phone', 'revoke', 'Drawer');
    await world.tell('phone', 'off');
  });

  test('what is sent readable is only so where the person insists', async () => {
    const told = await world.legwork('phone', 'on', address, '--plain');
    assert.match(told, /anybody near can read and change it/);
    assert.equal((await ask('GET', '/', {}, undefined, plainRequest)).status, 200);
    await world.tell('phone', 'off');
  });
});
