// Told while no page is open: a push service of our own takes what the real daemon sends, and reads
// it as a browser would.
import assert from 'node:assert/strict';
import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createServer, request } from 'node:https';
import { createServer as createPlain } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { check } from './axe.mjs';
import { becomes, handOver, letIn, newBrowser, newWorld } from './world.mjs';

const plain = (text) => Buffer.from(text, 'base64url');

/** A browser's side of an agreement. */
function subscriber(endpoint) {
  const [ecdh, auth] = [createECDH('prime256v1'), randomBytes(16)];
  ecdh.generateKeys();
  const key = ecdh.getPublicKey();
  return {
    endpoint,
    body: { endpoint, key: key.toString('base64url'), auth: auth.toString('base64url'), language: 'en', titles: true },
    /** RFC 8291, section 3.4. */
    read(sealed) {
      const [salt, length] = [sealed.subarray(0, 16), sealed[20]];
      const theirs = sealed.subarray(21, 21 + length);
      const info = Buffer.concat([Buffer.from('WebPush: info\0'), key, theirs]);
      const seed = hkdfSync('sha256', ecdh.computeSecret(theirs), auth, info, 32);
      const part = (name, size) => Buffer.from(hkdfSync('sha256', seed, salt, `Content-Encoding: ${name}\0`, size));
      const body = sealed.subarray(21 + length);
      const cipher = createDecipheriv('aes-128-gcm', part('aes128gcm', 16), part('nonce', 12));
      cipher.setAuthTag(body.subarray(-16));
      const text = Buffer.concat([cipher.update(body.subarray(0, -16)), cipher.final()]);
      assert.equal(text.at(-1), 2, 'the last record');
      return JSON.parse(text.subarray(0, -1));
    },
  };
}

/** RFC 8292: who sends, to whom, until when. */
function claims(authorization) {
  const [, token, key] = /^vapid t=([^,]+), k=(.+)$/.exec(authorization);
  const [head, body, signature] = token.split('.');
  const point = plain(key);
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((it) => it.toString('base64url'));
  const publicKey = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
  const signed = Buffer.from(`${head}.${body}`);
  assert.ok(verify('sha256', signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, plain(signature)));
  return { key, ...JSON.parse(plain(body)) };
}

/** Below those that the system hands out, so that nothing else takes it before it is used. */
async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const isFree = await new Promise((done) => {
      const held = createPlain();
      held.once('error', () => done(false));
      held.listen(port, '127.0.0.1', () => held.close(() => done(true)));
    });
    if (isFree) return port;
  }
}

describe('push', { concurrency: false }, () => {
  let world, browser, server, place, address;
  /** What arrived, by path, and how each path answers. */
  const arrived = [];
  const answers = new Map();
  const at = (path) => arrived.filter((it) => it.path === path);
  const kept = () => JSON.parse(readFileSync(join(world.state, 'push.json'), 'utf8')).browsers;

  before(async () => {
    world = await newWorld();
    browser = await newBrowser();
    address = `127.0.0.1:${await freePort()}`;
    // The daemon's own certificate for phones serves the push service too: both are this computer.
    await world.legwork('phone', 'on', address);
    const file = (name) => join(world.state, name);
    const [cert, key] = [readFileSync(file('phone-certificate.pem')), readFileSync(file('phone-key.pem'))];
    server = createServer({ cert, key }, (asked, answer) => {
      const parts = [];
      asked.on('data', (part) => parts.push(part));
      asked.on('end', () => {
        arrived.push({ path: asked.url, headers: asked.headers, body: Buffer.concat(parts), at: Date.now() });
        const [status, headers = {}] = answers.get(asked.url)?.shift() ?? [201];
        answer.writeHead(status, headers).end('x'.repeat(100_000));
      });
    });
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    place = `https://127.0.0.1:${server.address().port}`;
    await world.legwork('settings', 'notify.push_host', `127.0.0.1:${server.address().port}`);
    await world.legwork('settings', 'network.authorities', file('phone-certificate.pem'));
  });
  after(async () => {
    await browser?.close();
    server?.close();
    await world?.end();
  });

  /** A page whose browser has this agreement with our push service; its own reaches nobody here. */
  async function opened(own) {
    const { page, context, complaints } = await letIn(browser, world);
    await context.grantPermissions(['notifications'], { origin: new URL(page.url()).origin });
    await context.addInitScript(({ endpoint, key, auth }) => {
      let isOn = sessionStorage.getItem('subscribed') === 'yes';
      const set = (now) => {
        isOn = now;
        sessionStorage.setItem('subscribed', now ? 'yes' : 'no');
      };
      const subscription = {
        endpoint,
        options: {},
        toJSON: () => ({ endpoint, keys: { p256dh: key, auth } }),
        unsubscribe: async () => (set(false), true),
      };
      PushManager.prototype.getSubscription = async () => (isOn ? subscription : null);
      PushManager.prototype.subscribe = async ({ applicationServerKey, userVisibleOnly }) => {
        window.askedWith = { bytes: applicationServerKey.length, userVisibleOnly };
        set(true);
        return subscription;
      };
    }, own.body);
    await page.goto(new URL('/settings', page.url()).href);
    return { page, context, complaints };
  }
  const told = (page) => page.getByRole('checkbox', { name: 'Tell this device also when the page is closed', exact: true });
  const ask = (method, path, headers = {}, body = undefined) =>
    new Promise((done, fail) => {
      const [host, port] = address.split(':');
      const own = { host: address, origin: `https://${address}`, 'content-type': 'application/json' };
      const options = { host, port, path, method, headers: { ...own, ...headers }, rejectUnauthorized: false };
      const sent = request(options, (answer) => {
        let text = '';
        answer.on('data', (part) => (text += part));
        answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, text }));
      });
      sent.on('error', fail);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });

  test('it is off until a person turns it on, and a try arrives sealed', async () => {
    const own = subscriber(`${place}/window`);
    const { page, context, complaints } = await opened(own);
    await becomes(() => told(page).isChecked(), false);
    await check(page);
    await told(page).press('Space');
    await becomes(() => told(page).isChecked(), true);
    assert.deepEqual(await page.evaluate(() => window.askedWith), { bytes: 65, userVisibleOnly: true });
    assert.equal(statSync(join(world.state, 'push.json')).mode & 0o777, 0o600);
    await page.getByRole('button', { name: 'Send one to try it', exact: true }).click();
    await page.getByText('It was sent. It appears in a moment.', { exact: true }).waitFor();
    const [tried] = at('/window');
    assert.deepEqual(own.read(tried.body), { why: 'try', language: 'en' });
    await check(page);

    // A task waits: who sends, for how long, and what of it is said.
    const { task } = await handOver(world);
    await becomes(() => at('/window').length, 2);
    const { headers, body } = at('/window')[1];
    const title = 'Make an expense report from these receipts';
    assert.deepEqual(own.read(body), { task, why: 'waits', title, language: 'en' });
    assert.ok(!body.includes('receipts'), 'nothing of it can be read on the way');
    const { ttl, urgency, topic } = headers;
    assert.deepEqual([ttl, urgency, topic, headers['content-encoding']], ['86400', 'high', task, 'aes128gcm']);
    const { aud, exp } = claims(headers.authorization);
    assert.equal(aud, place);
    const hours = exp / 3600 - Date.now() / 3_600_000;
    assert.ok(hours > 0 && hours <= 24, `${hours}`);

    // What the daemon forgot it is told again when the page is opened.
    const origin = new URL(page.url()).origin;
    const forgotten = await page.evaluate(async (endpoint) => {
      const headers = { 'content-type': 'application/json' };
      const sent = await fetch('/v1/push/remove', { method: 'POST', headers, body: JSON.stringify({ endpoint }) });
      return sent.status;
    }, own.endpoint);
    assert.equal(forgotten, 204);
    assert.deepEqual(kept(), []);
    await page.goto(`${origin}/new`);
    await becomes(() => kept().length, 1);
    await page.goto(`${origin}/settings`);
    await becomes(() => told(page).isChecked(), true);

    // Only that one needs its person, where that was wished; and nothing is told twice.
    await page.getByRole('checkbox', { name: /^Say what the task is about/ }).press('Space');
    await becomes(() => kept()[0].titles, false);
    await world.stop();
    const other = (await handOver(world)).task;
    await becomes(() => at('/window').length, 3);
    const before = own.read(at('/window')[2].body);
    assert.deepEqual(before, { task: other, why: 'waits', title: null, language: 'en' });

    // Turned off, it is over on both sides.
    await page.locator('.notice').waitFor({ state: 'detached' });
    await told(page).press('Space');
    await becomes(() => told(page).isChecked(), false);
    assert.deepEqual(kept(), []);
    assert.deepEqual(complaints.filter((it) => !/ERR_CONNECTION|ERR_SOCKET/.test(it)), []);
    await context.close();
  });

  test('a phone is told by its own right, and no more once it is let in no more', async () => {
    const { url } = JSON.parse(await world.legwork('phone', 'pair', '--json'));
    const paired = await ask('POST', '/v1/pair', {}, { code: url.split('#')[1], name: 'Pocket' });
    const cookie = paired.headers['set-cookie'][0].split(';')[0];
    const mine = (path, body) => ask('POST', path, { cookie }, body);
    assert.equal((await ask('POST', '/v1/push', {}, subscriber(`${place}/x`).body)).status, 401);
    assert.deepEqual(Object.keys(JSON.parse((await ask('GET', '/v1/push', { cookie })).text)), ['key']);
    const own = subscriber(`${place}/phone`);
    // What a page says is no reason to reach into this network.
    for (const [endpoint, code] of [
      ['http://push.example.com/a', 'push-place'],
      ['https://127.0.0.1:9/a', 'push-place'],
      ['https://localhost/a', 'push-place'],
      ['https://192.168.1.1/a', 'push-place'],
      ['https://[::ffff:10.0.0.1]/a', 'push-place'],
      ['https://user@push.example.com/', 'push-place'],
      ['https://push.example.com:22/a', 'policy-push'],
    ]) {
      const answer = await mine('/v1/push', { ...own.body, endpoint });
      assert.deepEqual([endpoint, JSON.parse(answer.text).code], [endpoint, code]);
    }
    const wrong = await mine('/v1/push', { ...own.body, key: 'AAAA' });
    assert.equal(JSON.parse(wrong.text).code, 'push-place');
    assert.equal((await mine('/v1/push', own.body)).status, 204);
    // What another's browser agreed on is not this phone's to try or to end.
    const stranger = await mine('/v1/push/try', { endpoint: `${place}/window` });
    assert.equal(JSON.parse(stranger.text).code, 'push-unknown');

    // A service that is busy says when; one that answers at length is not read to its end.
    answers.set('/phone', [[429, { 'retry-after': '2' }]]);
    const { task } = await handOver(world);
    await becomes(() => at('/phone').length, 2);
    const [first, second] = at('/phone');
    assert.ok(second.at - first.at >= 1900, `${second.at - first.at} ms`);
    assert.equal(own.read(second.body).task, task);
    await world.legwork('phone', 'revoke', 'Pocket');
    assert.deepEqual(kept(), []);
  });

  test('a browser that its service calls gone is forgotten', async () => {
    const own = subscriber(`${place}/gone`);
    const { context } = await opened(own);
    const page = context.pages()[0];
    await told(page).press('Space');
    await becomes(() => kept().map((it) => it.endpoint), [own.endpoint]);
    answers.set('/gone', [[410]]);
    await handOver(world);
    await becomes(kept, []);
    assert.equal(at('/gone').length, 1);
    assert.equal(at('/phone').length, 2, 'a phone that is let in no more is told nothing');
    await context.close();
  });

  test('the worker says it, in the page’s language, and leads to the task', async () => {
    const own = subscriber(`${place}/worker`);
    const { page, context } = await opened(own);
    const { task } = await handOver(world);
    const devtools = await context.newCDPSession(page);
    const found = new Promise((done) =>
      devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
        const one = registrations.find((it) => !it.isDeleted);
        if (one) done(one.registrationId);
      }),
    );
    await devtools.send('ServiceWorker.enable');
    const [registrationId, { origin }] = [await found, new URL(page.url())];
    const deliver = (said) =>
      devtools.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data: said });
    const shown = () =>
      page.evaluate(async () => {
        const all = await (await navigator.serviceWorker.ready).getNotifications();
        return all.map(({ title, body, tag, data }) => ({ title, body, tag, data }));
      });
    const [worker] = context.serviceWorkers();
    // Somebody looks at the page, which says it by itself. A busy browser tells its worker late.
    await page.bringToFront();
    const isLookedAt = async () => (await clients.matchAll({ type: 'window' })).some((it) => it.focused);
    await becomes(() => worker.evaluate(isLookedAt), true);
    await worker.evaluate((said) => tell(said), { task, why: 'waits', language: 'en' });
    assert.deepEqual(await shown(), []);
    // Nobody does, as far as the browser can tell the worker.
    await worker.evaluate(() => {
      const all = Clients.prototype.matchAll;
      Clients.prototype.matchAll = async function (...asked) {
        const pages = await all.apply(this, asked);
        return pages.map((page) => Object.defineProperty(page, 'focused', { value: false }));
      };
    });
    await deliver(JSON.stringify({ task, why: 'waits', title: 'Belege', language: 'de' }));
    await becomes(shown, [{ title: 'Wartet auf dich', body: 'Belege', tag: task, data: { task } }]);
    await deliver(JSON.stringify({ task, why: 'failed', language: 'en' }));
    await becomes(shown, [{ title: 'A task needs you', body: 'It failed', tag: task, data: { task } }]);
    // Whatever comes, something is shown, and nothing but a task is led to.
    await deliver(JSON.stringify({ task: '../settings', why: 'constructor', title: 7 }));
    await becomes(async () => (await shown()).find((it) => it.tag === 'legwork'), {
      title: 'A task needs you', body: '', tag: 'legwork', data: { task: null },
    });
    await worker.evaluate((task) => open(task), task);
    await page.waitForURL(new RegExp(`/tasks/${task}$`));
    await context.close();
  });

  test('where it can’t be had, the page says why', async () => {
    const cases = [
      [{ script: () => delete window.PushManager }, /^This browser can’t be told while no page is open/],
      [{ script: () => Object.defineProperty(Notification, 'permission', { get: () => 'denied' }) }, /does not let Legwork notify you/],
      [{ script: () => Object.defineProperty(window, 'isSecureContext', { get: () => false }) }, /only by pages whose connection it trusts/],
    ];
    for (const [{ script }, words] of cases) {
      const { page, context } = await letIn(browser, world);
      await context.addInitScript(script);
      await page.goto(new URL('/settings', page.url()).href);
      await page.getByText(words).first().waitFor();
      assert.ok(await told(page).isDisabled());
      await context.close();
    }
    const { page, context } = await letIn(browser, world);
    await context.grantPermissions(['notifications'], { origin: new URL(page.url()).origin });
    await context.addInitScript(() => {
      PushManager.prototype.subscribe = async () => {
        throw new DOMException('Registration failed - push service not available', 'AbortError');
      };
    });
    await page.goto(new URL('/settings', page.url()).href);
    await told(page).press('Space');
    await page.getByText('This browser did not agree to be told', { exact: true }).waitFor();
    await becomes(() => told(page).isChecked(), false);
    await check(page);
    await context.close();
  });
});
