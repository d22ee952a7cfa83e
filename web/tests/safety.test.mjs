// Attacks: other pages, other names, other ways in, and files that would like to act.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { letIn, newBrowser, newWorld } from './world.mjs';

const evilHtml = (leak) => `<!doctype html><title>quiet</title><h1>Hello</h1>
<script>parent.postMessage('acted','*');document.title='acted';fetch('/v1/tasks')</script>
<img src="${leak}" onerror="parent.postMessage('acted','*')">
<form action="/v1/shut" method="post"><button>x</button></form>
<meta http-equiv="refresh" content="0;url=javascript:alert(1)">`;
const EVIL_SVG = `<svg xmlns="http://www.w3.org/2000/svg" onload="parent.postMessage('acted','*')">
<script>parent.postMessage('acted','*')</script><rect width="40" height="40"/></svg>`;
const EVIL_NAME = '<img src=x onerror=alert(1)>.txt';
/** Looks like the name of a picture where the letters after the third are turned. */
const TURNED_NAME = 'pic\u202egpj.txt';

describe('attacks', { concurrency: false }, () => {
  let world, browser, base, cookie, leaks;
  let leaked = 0;
  before(async () => {
    world = await newWorld();
    const folder = join(world.home, 'Mess');
    mkdirSync(folder);
    for (let index = 0; index < 4; index++) writeFileSync(join(folder, `note ${index}.txt`), 'a');
    leaks = createServer((_, answer) => {
      leaked += 1;
      answer.end();
    });
    await new Promise((done) => leaks.listen(0, '127.0.0.1', done));
    const leak = `http://127.0.0.1:${leaks.address().port}/leak`;
    writeFileSync(join(folder, 'page.html'), evilHtml(leak));
    writeFileSync(join(folder, 'drawing.svg'), EVIL_SVG);
    writeFileSync(join(folder, EVIL_NAME), 'hello');
    writeFileSync(join(folder, TURNED_NAME), 'hello');
    await world.tell('run', 'Tidy this folder', '--folder', folder, '--yes');
    browser = await newBrowser();
    const link = new URL(await world.link());
    base = link.origin;
    const answer = await ask('GET', link.pathname + link.search);
    cookie = answer.headers['set-cookie'][0].split(';')[0];
  });
  after(async () => {
    others.forEach((it) => it.close());
    leaks?.close();
    await browser?.close();
    await world?.end();
  });

  const others = [];
  /** Another page, at a port of its own; closed at the end, whatever comes. */
  async function somebodyElse() {
    const other = createServer((_, answer) => {
      answer.setHeader('content-type', 'text/html');
      answer.end('<title>other</title>');
    });
    others.push(other);
    await new Promise((done) => other.listen(0, '127.0.0.1', done));
    return other;
  }

  /** As a program would: any header can be forged. */
  function ask(method, path, headers = {}, body = undefined) {
    const { port, host } = new URL(base);
    return new Promise((done, fail) => {
      const sent = request(
        { host: '127.0.0.1', port, path, method, headers: { host, ...headers } },
        (answer) => {
          let text = '';
          answer.on('data', (part) => (text += part));
          answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, text }));
        },
      );
      sent.on('error', fail);
      sent.end(body);
    });
  }

  test('only our host, our origin and a pass get an answer', async () => {
    const own = { cookie, origin: base };
    const port = new URL(base).port;
    for (const [method, path, headers, status] of [
      ['GET', '/v1/tasks', { cookie }, 200],
      ['GET', '/v1/tasks', {}, 401],
      ['GET', '/v1/tasks', { cookie: 'legwork-pass=00' }, 401],
      ['GET', '/v1/tasks', { cookie, host: 'evil.test' }, 403],
      ['GET', '/v1/tasks', { cookie, host: `127.0.0.1:${port}` }, 403],
      ['GET', '/v1/tasks', { cookie, host: `localhost:${port}` }, 403],
      ['GET', '/v1/tasks', { cookie, origin: 'http://evil.test' }, 403],
      ['GET', '/v1/tasks', { cookie, origin: 'null' }, 403],
      ['GET', '/v1/tasks', { cookie, 'sec-fetch-site': 'cross-site' }, 403],
      ['GET', '/v1/tasks', { cookie, 'sec-fetch-site': 'same-site' }, 403],
      ['POST', '/v1/tasks', { cookie }, 403],
      ['POST', '/v1/tasks', { ...own, origin: 'http://localhost:3000' }, 403],
      ['POST', '/v1/window', own, 403],
      ['GET', '/v1/nothing', own, 404],
      ['GET', '/v1/folders?path=/etc', own, 403],
      ['GET', '/v1/folders?path=/proc/self/root/etc', own, 403],
      ['GET', '/assets/../../../etc/passwd', {}, 404],
      ['GET', '/', { host: 'evil.test' }, 403],
    ]) {
      const answer = await ask(method, path, headers);
      assert.equal(answer.status, status, `${method} ${path} ${JSON.stringify(headers)}`);
      assert.equal(answer.headers['access-control-allow-origin'], undefined);
      assert.match(answer.headers['content-security-policy'], /default-src 'none'/);
    }
  });

  test('a link is good once, and its cookie is for our page only', async () => {
    const link = new URL(await world.link());
    const first = await ask('GET', link.pathname + link.search);
    assert.match(first.headers['set-cookie'][0], /HttpOnly; SameSite=Strict/);
    const second = await ask('GET', link.pathname + link.search);
    assert.equal(second.status, 403);
    assert.equal(second.headers['set-cookie'], undefined);
    for (let tries = 0; tries < 12; tries++) await ask('GET', '/open?key=guess');
    assert.equal((await ask('GET', '/open?key=guess')).status, 403);
    const next = new URL(await world.link());
    const third = await ask('GET', next.pathname + next.search);
    assert.ok(third.headers['set-cookie'], 'guesses of others keep nobody out');
  });

  test('the policy allows no script within the page', async () => {
    const { headers } = await ask('GET', '/');
    const policy = headers['content-security-policy'];
    assert.match(policy, /script-src 'self';/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe-eval|unsafe-inline|\*/);
  });

  test('a page of somebody else gets nothing, and changes nothing', async () => {
    const { context } = await withPass();
    const other = await somebodyElse();
    const page = await context.newPage();
    for (const host of ['127.0.0.1', 'other.localhost']) {
      await page.goto(`http://${host}:${other.address().port}/`);
      const got = await page.evaluate(async (target) => {
        const tries = [
          fetch(`${target}/v1/tasks`, { credentials: 'include' }).then((it) => it.text()),
          fetch(`${target}/v1/shut`, {
            method: 'POST',
            mode: 'no-cors',
            credentials: 'include',
            body: '{}',
          }).then((it) => it.type),
        ];
        return Promise.all(tries.map((it) => it.catch(() => 'refused')));
      }, base);
      assert.equal(got[0], 'refused');
      const frame = await page.evaluate(async (target) => {
        const frame = document.createElement('iframe');
        frame.src = target;
        document.body.append(frame);
        await new Promise((done) => (frame.onload = done));
        return frame.contentDocument === null;
      }, base);
      assert.ok(frame);
    }
    assert.equal((await ask('GET', '/v1/tasks', { cookie })).status, 200, 'it still runs');
    await context.close();
  });

  test('a name that turns into ours gets nothing from a browser', async () => {
    // What DNS rebinding comes to: the browser takes the other page's name for this computer's.
    const fooled = await newBrowser('--host-resolver-rules=MAP evil.test 127.0.0.1');
    try {
      const context = await fooled.newContext();
      const [name, value] = cookie.split('=');
      const { port } = new URL(base);
      const evil = `http://evil.test:${port}`;
      // Even with our pass, which no browser would send there.
      await context.addCookies([{ name, value, url: evil, sameSite: 'Strict', httpOnly: true }]);
      const page = await context.newPage();
      const answer = await page.goto(`${evil}/`);
      assert.equal(answer.status(), 403);
      for (const [method, path] of [['GET', '/v1/tasks'], ['POST', '/v1/shut'], ['POST', '/v1/models/key']]) {
        const [status, text] = await page.evaluate(
          async ([how, to]) => {
            const said = await fetch(to, { method: how, ...(how === 'POST' ? { body: '{}' } : {}) });
            return [said.status, await said.text()];
          },
          [method, path],
        );
        assert.equal(status, 403, path);
        assert.doesNotMatch(text, /Mess|note/);
      }
      assert.equal((await ask('GET', '/v1/tasks', { cookie })).status, 200, 'it still runs');
    } finally {
      await fooled.close();
    }
  });

  test('forms, sockets, streams and scripts of another page come to nothing', async () => {
    const { context } = await withPass();
    const [task] = JSON.parse((await ask('GET', '/v1/tasks', { cookie })).text);
    const other = await somebodyElse();
    const page = await context.newPage();
    await page.goto(`http://other.localhost:${other.address().port}/`);
    const came = await page.evaluate(
      async ([target, id]) => {
        const ended = (thing, good, bad) =>
          new Promise((done) => {
            thing.addEventListener(good, () => done('came through'));
            thing.addEventListener(bad, () => done('refused'));
          });
        const element = (tag, source) => {
          const made = document.createElement(tag);
          made.src = target + source;
          document.body.append(made);
          return ended(made, 'load', 'error');
        };
        const socket = new WebSocket(`${target.replace('http', 'ws')}/v1/tasks/${id}/terminal?columns=80&rows=24`);
        const results = {
          socket: await ended(socket, 'open', 'error'),
          stream: await ended(new EventSource(`${target}/v1/news`, { withCredentials: true }), 'open', 'error'),
          script: await element('script', '/v1/tasks'),
          picture: await element('img', `/v1/tasks/${id}/file?path=Mess%2Fdrawing.svg`),
        };
        const opened = window.open(`${target}/`);
        results.opener = await new Promise((done) => {
          const look = () => {
            try {
              // Nothing of ours yet, or nothing at all.
              if (!opened || opened.closed || opened.document.title) done(opened?.document.title ?? 'refused');
              else setTimeout(look, 20);
            } catch {
              done('refused');
            }
          };
          look();
        });
        return results;
      },
      [base, task.id],
    );
    for (const [way, what] of Object.entries(came)) assert.equal(what, 'refused', way);
    // A form needs no leave to be sent; what it says must not be done.
    for (const enctype of ['text/plain', 'application/x-www-form-urlencoded']) {
      const before = (await ask('GET', `/v1/tasks/${task.id}`, { cookie })).text;
      const sender = await context.newPage();
      await sender.goto(`http://other.localhost:${other.address().port}/`);
      const [answer] = await Promise.all([
        sender.waitForResponse((it) => it.url().startsWith(`${base}/v1/tasks`)),
        sender.evaluate(
          ([target, id, kind]) => {
            const form = document.createElement('form');
            form.method = 'post';
            form.enctype = kind;
            form.action = `${target}/v1/tasks/${id}/archive`;
            const field = document.createElement('input');
            field.name = '{"archived":true,"x":"';
            field.value = '"}';
            form.append(field);
            document.body.append(form);
            form.submit();
          },
          [base, task.id, enctype],
        ),
      ]);
      assert.equal(answer.status(), 403, enctype);
      await sender.close();
      assert.equal((await ask('GET', `/v1/tasks/${task.id}`, { cookie })).text, before);
    }
    await context.close();
  });

  async function withPass() {
    const context = await browser.newContext();
    const [name, value] = cookie.split('=');
    await context.addCookies([{ name, value, url: base, sameSite: 'Strict', httpOnly: true }]);
    return { context, page: await context.newPage() };
  }

  test('files that a task made are shown and can’t act', async () => {
    const { context, page } = await withPass();
    await page.addInitScript(() => {
      window.acted = false;
      addEventListener('message', (it) => (window.acted ||= it.data === 'acted'));
    });
    const [task] = JSON.parse((await ask('GET', '/v1/tasks', { cookie })).text);
    await page.goto(`${base}/tasks/${task.id}/changes`);
    await page.getByRole('link', { name: /page\.html/ }).click();
    await page.getByRole('button', { name: 'As it looks', exact: true }).click();
    const frame = page.locator('iframe');
    await frame.waitFor();
    assert.equal(await frame.getAttribute('sandbox'), '');
    await page.frameLocator('iframe').getByText('Hello').first().waitFor();
    await page.goBack();
    // A drawing is a picture: nothing in it runs there.
    await page.getByRole('link', { name: /drawing\.svg/ }).click();
    const drawing = page.getByRole('img', { name: /drawing\.svg/ });
    await drawing.waitFor();
    await page.waitForFunction(() => document.querySelector('.picture img')?.complete);
    await page.goBack();
    assert.equal(await page.evaluate(() => window.acted), false);
    assert.equal(leaked, 0, 'nothing is fetched for it');
    const found = page.locator('.path-name', { hasText: EVIL_NAME });
    await found.waitFor();
    // Letters that turn others around are written out, so that a name looks like what it is.
    await page.locator('.path-name', { hasText: 'pic\\xe2\\x80\\xaegpj.txt' }).waitFor();
    assert.ok(!(await page.content()).includes('\u202e'));
    assert.equal(await page.locator('.change img').count(), 0);
    await context.close();
  });

  test('a file opened by itself is still nobody’s', async () => {
    const [task] = JSON.parse((await ask('GET', '/v1/tasks', { cookie })).text);
    const changes = JSON.parse((await ask('GET', `/v1/tasks/${task.id}/changes`, { cookie })).text);
    const html = changes.changes.find((it) => it.path.endsWith('page.html'));
    const path = `/v1/tasks/${task.id}/file?path=${encodeURIComponent(html.path)}`;
    const { headers, status } = await ask('GET', path, { cookie });
    assert.equal(status, 200);
    assert.match(headers['content-security-policy'], /^sandbox; default-src 'none'/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    for (const other of ['Mess/../../../etc/passwd', '/etc/passwd', 'Mess/none.txt']) {
      const answer = await ask('GET', path.replace(/path=.*/, `path=${encodeURIComponent(other)}`), {
        cookie,
      });
      assert.equal(answer.status, 404, other);
    }
  });

  test('taking it back locks every window', async () => {
    const { page, context } = await withPass();
    await page.goto(`${base}/settings`);
    await page.getByRole('button', { name: 'Take it back from all browsers', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: /^Take it back/ }).click();
    await page.getByRole('heading', { name: 'This browser is not let in', exact: true }).waitFor();
    assert.equal((await ask('GET', '/v1/tasks', { cookie })).status, 401);
    await context.close();
  });
});
