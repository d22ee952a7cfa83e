// What a stranger may have chosen: names of files, what is in them, and the bytes of a request.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { becomes, letIn, newBrowser, newWorld } from './world.mjs';

/** Each would end a line, turn letters around, leave a folder, or become a part of the page. */
const NAMES = [
  'two\nlines.txt',
  'tab\tand\u0001bell\u0007.txt',
  'pic\u202egpj.txt',
  'zero\u200bwidth\u2066.txt',
  '..evil.txt',
  '%2e%2e%2fetc%2fpasswd.txt',
  'a?b#c&d=e;f.txt',
  '"><svg onload=parent.acted()>.txt',
  '<img src=x onerror=parent.acted()>.txt',
  '&lt;b&gt;&#106;.txt',
  "'; DROP TABLE event; --.txt",
  'back\\slash`tick`.txt',
  ' leading and trailing .txt',
  `${'n'.repeat(251)}.txt`,
  `${'ش'.repeat(120)}.txt`,
  'javascript:acted().txt',
];

const html = (leak) => `<!doctype html><head><base href="${leak}/">
<meta http-equiv="refresh" content="0;url=${leak}/refresh">
<link rel="stylesheet" href="${leak}/sheet"><link rel="preconnect" href="${leak}">
<link rel="prefetch" href="${leak}/prefetch"><link rel="icon" href="${leak}/icon">
<style>@import url("${leak}/import"); body { background: url("${leak}/background") }
@font-face { font-family: x; src: url("${leak}/font") } p { font-family: x }</style></head>
<p>Read me</p><img src="${leak}/img" srcset="${leak}/set 2x"><picture><source srcset="${leak}/source"></picture>
<video src="${leak}/video" poster="${leak}/poster" autoplay></video><audio src="${leak}/audio" autoplay></audio>
<iframe src="${leak}/frame"></iframe><iframe srcdoc="<img src=${leak}/srcdoc>"></iframe>
<object data="${leak}/object"></object><embed src="${leak}/embed"><input type="image" src="${leak}/input">
<a href="${leak}/link" target="_top" ping="${leak}/ping">a link</a>
<form action="${leak}/form" target="_top"><button autofocus>b</button></form>
<svg><image href="${leak}/svg-image"/><use href="${leak}/use#a"/></svg>
<script src="${leak}/script"></script><script>location = '${leak}/moved'; parent.acted()</script>
<body onload="parent.acted()">`;

const svg = (leak) => `<?xml-stylesheet href="${leak}/xml-sheet" type="text/css"?>
<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40" onload="parent.acted()">
<style>@import url("${leak}/svg-import"); rect { fill: url("${leak}/fill#a") }</style>
<script href="${leak}/svg-script"/><script>parent.acted()</script>
<image href="${leak}/svg-image" width="9" height="9"/><use href="${leak}/svg-use#a"/>
<foreignObject width="40" height="40"><body xmlns="http://www.w3.org/1999/xhtml">
<img src="${leak}/foreign"/><iframe src="javascript:parent.acted()"></iframe></body></foreignObject>
<a href="javascript:parent.acted()"><rect width="40" height="40"/></a>
<animate attributeName="href" values="javascript:parent.acted()"/></svg>`;

const markdown = (leak) => `# Read me
![beacon](${leak}/md-image) ![][ref] [click](javascript:parent.acted()) [data](data:text/html,<script>parent.acted()</script>)
<javascript:parent.acted()> <${leak}/auto> [ref]: ${leak}/ref
<img src="${leak}/md-html" onerror="parent.acted()"><script>parent.acted()</script>
<style>@import "${leak}/md-import"</style><iframe src="${leak}/md-frame"></iframe>
[![nested](${leak}/nested)](vbscript:x) [a](java&#115;cript:parent.acted()) [b](\tjavascript:parent.acted())`;

const csv = (leak) =>
  `name,amount\n=HYPERLINK("${leak}/csv";"x"),=cmd|'/c calc'!A1\n<img src=${leak}/cell>,@SUM(1+1)\n`;

/** A page with a script that runs when it is opened, and an address that it would go to. */
const pdf = (leak) => {
  const parts = [
    '<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.launchURL("' + leak + '/js")) >> >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R /AA << /O << /S /URI /URI (${leak}/uri) >> >> >>`,
    '<< /Length 0 >>\nstream\n\nendstream',
  ];
  let text = '%PDF-1.4\n';
  const starts = parts.map((part, index) => {
    const at = text.length;
    text += `${index + 1} 0 obj\n${part}\nendobj\n`;
    return at;
  });
  const line = (at) => `${String(at).padStart(10, '0')} 00000 n \n`;
  const table = `xref\n0 5\n0000000000 65535 f \n${starts.map(line).join('')}`;
  return `${text}${table}trailer << /Size 5 /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`;
};

describe('what strangers chose', { concurrency: false }, () => {
  let world, browser, base, cookie, task, changes, leaks, shown;
  let connections = 0;
  before(async () => {
    world = await newWorld();
    const folder = join(world.home, 'Mess');
    mkdirSync(folder);
    for (const name of NAMES) writeFileSync(join(folder, name), `in ${name}`);
    leaks = createServer((_, answer) => answer.end());
    // A connection is enough to tell somebody that a file is being read.
    leaks.on('connection', () => (connections += 1));
    await new Promise((done) => leaks.listen(0, '127.0.0.1', done));
    const leak = `http://127.0.0.1:${leaks.address().port}`;
    const files = { 'page.html': html, 'drawing.svg': svg, 'notes.md': markdown, 'table.csv': csv, 'paper.pdf': pdf };
    for (const [name, make] of Object.entries(files)) writeFileSync(join(folder, name), make(leak));
    await world.tell('run', 'Tidy this folder', '--folder', folder, '--yes');
    task = JSON.parse(await world.legwork('list', '--json'))[0].id;
    changes = JSON.parse(await world.legwork('changes', task, '--json')).changes;
    browser = await newBrowser();
    shown = await letIn(browser, world, { to: [task] });
    base = new URL(shown.page.url()).origin;
    const [pass] = await shown.context.cookies(base);
    cookie = `${pass.name}=${pass.value}`;
    await shown.page.addInitScript(() => {
      window.hasActed = false;
      window.acted = () => (window.hasActed = true);
    });
  });
  after(async () => {
    leaks?.close();
    await browser?.close();
    await world?.end();
  });

  const address = (change, part) => `${base}/tasks/${task}/${part}?file=${encodeURIComponent(change.path)}`;

  /** Nothing is on its way any more. */
  async function settled() {
    await becomes(() => shown.page.locator('main [role=status]').count(), 0);
  }

  async function isQuiet(what) {
    const { page, context } = shown;
    // Long enough for a connection of its own, which none of them is to have.
    await page.evaluate(async () => {
      for (let round = 0; round < 3; round++) await fetch('/icon.svg', { cache: 'no-store' });
      // A busy computer may have no idle moment.
      await new Promise((done) => requestIdleCallback(done, { timeout: 500 }));
    });
    assert.equal(await page.evaluate(() => window.hasActed), false, what);
    assert.equal(connections, 0, `${what} reached out`);
    assert.equal(context.pages().length, 1, `${what} opened something`);
    assert.equal(new URL(page.url()).origin, base, what);
  }

  test('names are words, each is listed, and each file opens and is saved under a plain name', async () => {
    const { page } = shown;
    const named = changes.filter((it) => it.path.endsWith('.txt'));
    // A hidden one stays where it is.
    assert.equal(named.length, NAMES.length - 1);
    await page.goto(`${base}/tasks/${task}/changes`);
    await page.locator('.change-link').first().waitFor();
    for (const change of named) {
      await page.goto(address(change, 'changes'));
      await page.locator('#file').waitFor();
      await settled();
      const saved = await page.locator('a[download]').getAttribute('download');
      // eslint-disable-next-line no-control-regex
      assert.doesNotMatch(saved, /[/\u0000-\u001f\u202a-\u202e\u2066-\u2069]/, change.path);
      const content = await page.content();
      // eslint-disable-next-line no-control-regex
      assert.doesNotMatch(content, /[\u0001\u0007\u200b\u202e\u2066]/, change.path);
      assert.equal(await page.locator('main img[src=x], main svg[onload], main b').count(), 0);
      await isQuiet(change.path);
    }
  });

  test('what is applied is what was shown, whatever it is called', async () => {
    await world.tell('apply', task);
    const found = [];
    const walk = (folder) => {
      for (const it of readdirSync(folder, { withFileTypes: true })) {
        if (it.isDirectory()) walk(join(folder, it.name));
        else found.push(it.name);
      }
    };
    walk(join(world.home, 'Mess'));
    assert.deepEqual(NAMES.filter((name) => !found.includes(name)), []);
    assert.ok(!readdirSync(world.home).includes('evil.txt'));
  });

  for (const name of ['page.html', 'drawing.svg', 'notes.md', 'table.csv', 'paper.pdf']) {
    test(`${name} is looked at in every way, and nobody hears of it`, async () => {
      const { page } = shown;
      const change = changes.find((it) => it.path.endsWith(name));
      for (const part of ['changes', 'artifact']) {
        await page.goto(address(change, part));
        await page.locator('#file').waitFor();
        const ways = page.getByRole('group', { name: 'How to look at it', exact: true }).getByRole('button');
        for (let way = 0; way < (await ways.count()); way++) {
          await ways.nth(way).click();
          await settled();
          await isQuiet(name);
        }
        await settled();
        await isQuiet(name);
        const links = await page.locator('main a[href]').evaluateAll((all) => all.map((it) => it.href));
        for (const link of links) assert.ok(link.startsWith(`${base}/`), link);
      }
    });
  }

  test('a file that is opened by itself reaches nobody either', async () => {
    const { page } = shown;
    for (const name of ['page.html', 'drawing.svg', 'notes.md', 'paper.pdf']) {
      const { path } = changes.find((it) => it.path.endsWith(name));
      const file = `/v1/tasks/${task}/file?side=after&path=${encodeURIComponent(path)}`;
      const arrived = await page.evaluate(async (address) => {
        const frame = document.createElement('iframe');
        frame.src = address;
        document.body.append(frame);
        await new Promise((done) => (frame.onload = done));
        return frame.contentDocument === null;
      }, file);
      // A browser without a viewer for a PDF writes a page of its own in its place.
      if (name !== 'paper.pdf') assert.ok(arrived, `${name} has no origin of ours`);
      await isQuiet(name);
    }
  });

  /** The bytes of a request as they are, and the status of the answer. */
  function send(lines, body = '') {
    return new Promise((done, fail) => {
      const socket = connect(Number(new URL(base).port), '127.0.0.1');
      let text = '';
      socket.on('data', (part) => (text += part));
      socket.on('end', () => done({ status: Number(text.split(' ')[1] ?? 0), text }));
      socket.on('error', fail);
      socket.write(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n${body}`);
    });
  }

  test('a request that does not name us as we are called is refused', async () => {
    const { port, host } = new URL(base);
    const hosts = [
      [],
      ['Host:'],
      ['Host: legwork.localhost'],
      [`Host: legwork.localhost.:${port}`],
      [`Host: LEGWORK.localhost:${port}.evil.test`],
      [`Host: legwork.localhost:${Number(port) + 1}`],
      [`Host: legwork.localhost:0${port}`],
      [`Host: evil.test@${host}`],
      [`Host: ${host}@evil.test`],
      [`Host: [::1]:${port}`],
      [`Host: [::ffff:127.0.0.1]:${port}`],
      [`Host: 127.1:${port}`],
      [`Host: 2130706433:${port}`],
      [`Host: 0.0.0.0:${port}`],
      [`Host: a.${host}`],
      ['Host: evil.test', `Host: ${host}`],
      [`Host: ${host}`, 'Host: evil.test'],
      ['Host: evil.test', `X-Forwarded-Host: ${host}`],
      [`Host: ${host}, evil.test`],
    ];
    for (const lines of hosts) {
      for (const version of ['1.0', '1.1']) {
        const { status, text } = await send([`GET /v1/tasks HTTP/${version}`, ...lines, `Cookie: ${cookie}`]);
        assert.ok([400, 403].includes(status), `${version} ${lines.join(' + ')}: ${status}`);
        assert.doesNotMatch(text, /Mess/);
      }
    }
    const well = await send(['GET /v1/tasks HTTP/1.1', `Host: ${host}`, `Cookie: ${cookie}`]);
    assert.equal(well.status, 200);
  });

  test('what changes something says that it is our page, in one way', async () => {
    const { host, port } = new URL(base);
    const origins = [
      [],
      ['Origin: null'],
      ['Origin:'],
      [`Origin: https://${host}`],
      [`Origin: http://legwork.localhost`],
      [`Origin: http://legwork.localhost:${port}.evil.test`],
      [`Origin: http://${host}/`],
      [`Origin: http://evil.test http://${host}`],
      [`Origin: http://${host}`, 'Origin: http://evil.test'],
      ['Origin: http://evil.test', `Origin: http://${host}`],
      [`Origin: http://${host}`, 'Sec-Fetch-Site: cross-site'],
      [`Origin: http://${host}`, 'Sec-Fetch-Site: same-site'],
      [`Origin: http://${host}`, 'Sec-Fetch-Site: same-origin', 'Sec-Fetch-Site: cross-site'],
      [`Referer: http://${host}/`],
    ];
    const body = '{"archived":true}';
    const about = [`Host: ${host}`, `Cookie: ${cookie}`, `Content-Length: ${body.length}`];
    for (const kind of ['text/plain', 'application/json', 'multipart/form-data; boundary=x']) {
      for (const lines of origins) {
        const first = `POST /v1/tasks/${task}/archive HTTP/1.1`;
        const { status } = await send([first, ...about, `Content-Type: ${kind}`, ...lines], body);
        assert.equal(status, 403, `${kind} ${lines.join(' + ')}`);
      }
    }
    const { archived } = JSON.parse(await world.legwork('show', task, '--json'));
    assert.equal(archived, false);
  });

  test('a pass that somebody else chose is none, and a link gives a new one', async () => {
    const { host } = new URL(base);
    const chosen = `legwork-pass=${'0'.repeat(64)}`;
    const link = new URL(await world.link());
    const opened = await send([`GET ${link.pathname}${link.search} HTTP/1.1`, `Host: ${host}`, `Cookie: ${chosen}`]);
    const given = /set-cookie: ([^;]+)/i.exec(opened.text)?.[1];
    assert.ok(given && given !== chosen);
    const asked = (pass) => send(['GET /v1/tasks HTTP/1.1', `Host: ${host}`, `Cookie: ${pass}`]);
    assert.equal((await asked(chosen)).status, 401);
    assert.equal((await asked(given)).status, 200);
    // One that another page at this name put before ours does not lock the window.
    assert.equal((await asked(`${chosen}; ${given}`)).status, 200);
    assert.equal((await asked(`${given}; ${chosen}`)).status, 200);
    for (const odd of ['legwork-pass', 'legwork-pass=', `${given}x`, given.slice(0, -1), given.toUpperCase().replace('LEGWORK-PASS', 'legwork-pass')]) {
      assert.equal((await asked(odd)).status, 401, odd);
    }
  });

  test('no path leads out of what is the page’s', async () => {
    const { host } = new URL(base);
    const paths = [
      '/../../../etc/passwd',
      '/assets/../../../../etc/passwd',
      '/assets/..%2f..%2f..%2fetc%2fpasswd',
      '/%2e%2e/%2e%2e/%2e%2e/etc/passwd',
      '/assets/%252e%252e/etc/passwd',
      '//etc/passwd',
      '/assets//etc/passwd',
      '/assets/..\\..\\etc\\passwd',
      '/assets/index.js%00.html',
      '/sw.js/../../etc/passwd',
      '/.git/config',
      '/assets/',
      '/assets/%ff%fe',
      `/${'a/'.repeat(4000)}`,
      '/v1/tasks/../../etc/passwd',
      `/v1/tasks/${task}%2f..%2f..%2fshut`,
      `/v1/tasks/${task}/file?side=after&path=..%2f..%2fetc%2fpasswd`,
      `/v1/tasks/${task}/file?side=after&path=%2fetc%2fpasswd`,
      `/v1/tasks/${task}/file?side=after&path=Mess%2f%00`,
    ];
    for (const path of paths) {
      const { status, text } = await send([`GET ${path} HTTP/1.1`, `Host: ${host}`, `Cookie: ${cookie}`]);
      assert.doesNotMatch(text, /root:.*:0:0:|\[core\]/, path);
      // The page itself answers where a place of it could be, and says that nothing is there.
      assert.ok(status >= 400 || text.includes('<div id="page">'), `${path}: ${status}`);
    }
    await becomes(async () => (await send(['GET /v1/tasks HTTP/1.1', `Host: ${host}`, `Cookie: ${cookie}`])).status, 200);
  });
});
