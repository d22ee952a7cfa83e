// Pictures of every state, to be looked at: web/shots, which is not kept in the repository. Those of
// the run before are kept beside them, and what looks different now is told; `--strict` fails by it.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { papers } from './papers.mjs';
import { handOver, letIn, newBrowser, newWorld } from './world.mjs';

const out = new URL('../shots/', import.meta.url).pathname;
const past = new URL('../shots-before/', import.meta.url).pathname;
if (existsSync(out)) {
  rmSync(past, { recursive: true, force: true });
  renameSync(out, past);
}
mkdirSync(out, { recursive: true });

/** Of 100 dots, how many may look different: names of folders and times do. */
const DIFFERENT_MAX = 2;

/** How many of 100 dots differ clearly, of pictures at a quarter of their size. */
async function difference(page, before, after) {
  const url = (file) => `data:image/png;base64,${readFileSync(file).toString('base64')}`;
  return page.evaluate(async ([one, two]) => {
    const draw = async (source) => {
      const image = new Image();
      image.src = source;
      await image.decode();
      const canvas = new OffscreenCanvas(Math.ceil(image.width / 4), Math.ceil(image.height / 4));
      const context = canvas.getContext('2d');
      context.drawImage(image, 0, 0, canvas.width, canvas.height);
      return context.getImageData(0, 0, canvas.width, canvas.height);
    };
    const [a, b] = [await draw(one), await draw(two)];
    if (a.width !== b.width || a.height !== b.height) return 100;
    let count = 0;
    for (let at = 0; at < a.data.length; at += 4) {
      const far = [0, 1, 2].some((part) => Math.abs(a.data[at + part] - b.data[at + part]) > 40);
      if (far) count += 1;
    }
    return (count * 400) / a.data.length;
  }, [url(before), url(after)]);
}

/** Tells which pictures changed; resolves to how many. */
async function compare() {
  const page = await browser.newPage();
  let changed = 0;
  for (const name of existsSync(past) ? readdirSync(past) : []) {
    if (!existsSync(join(out, name))) continue;
    const share = await difference(page, join(past, name), join(out, name));
    if (share <= DIFFERENT_MAX) continue;
    changed += 1;
    process.stdout.write(`${name} looks different: ${share.toFixed(1)} % of it\n`);
  }
  return changed;
}

const world = await newWorld();
const browser = await newBrowser();
try {
  const folder = join(world.home, 'مجلد غير مرتب');
  mkdirSync(folder);
  const long = `${'a name without an end '.repeat(9)}.txt`.slice(0, 200);
  for (const name of [long, 'فاتورة الكهرباء.txt', 'a.txt', 'b.md', 'c.csv', 'page.html']) {
    writeFileSync(join(folder, name), `<h1>${name}</h1>`);
  }
  const looks = [];
  for (const width of [360, 768, 1440]) for (const colorScheme of ['light', 'dark']) looks.push({ width, colorScheme });
  const shoot = async (name, path, sign, picked = looks) => {
    for (const { width, colorScheme } of picked) {
      const { page, context } = await letIn(browser, world, { viewport: { width, height: 860 }, colorScheme });
      await page.goto(new URL(page.url()).origin + path);
      await page.locator(sign).first().waitFor();
      await page.waitForTimeout(150);
      await page.screenshot({ path: join(out, `${name}-${width}-${colorScheme}.png`) });
      await context.close();
    }
  };
  await shoot('welcome', '/', '.offer');
  await world.tell('run', 'Tidy this folder', '--folder', folder, '--yes');
  const odd = JSON.parse(await world.legwork('list', '--json'))[0].id;
  const done = (await handOver(world, '--yes')).task;
  const kept = (await handOver(world, '--yes', '--apply')).task;
  const asking = (await handOver(world)).task;
  await world.tell('plan', asking, '--approve');
  const waiting = (await handOver(world)).task;
  const path = async (task) =>
    encodeURIComponent(JSON.parse(await world.legwork('changes', task, '--json')).changes.at(-1).path);
  await shoot('home', '/', '.task-list');
  await shoot('new', '/new', 'textarea');
  await shoot('settings', '/settings', '.finding');
  await shoot('plan', `/tasks/${waiting}`, '.plan-card');
  await shoot('question', `/tasks/${asking}`, '.choices');
  await shoot('result', `/tasks/${done}`, '#result');
  await shoot('kept', `/tasks/${kept}`, '#result');
  await shoot('changes', `/tasks/${done}/changes`, '.change');
  await shoot('table', `/tasks/${done}/changes?file=${await path(done)}`, '.cells');
  await shoot('odd', `/tasks/${odd}/changes?file=${await path(odd)}`, '#file');
  await shoot('network', `/tasks/${waiting}/network`, '#reach');
  const { run } = await papers(world);
  const { task: old } = await run('900');
  await world.tell('apply', old, '--despite-checks');
  const { task: newer } = await run('950');
  const shown = (part, task, name) => `/tasks/${task}/${part}?file=${encodeURIComponent(`Papers/${name}`)}`;
  await shoot('budget', shown('changes', newer, 'budget.xlsx'), '.grid');
  await shoot('letter', shown('changes', old, 'letter.docx'), '.paper');
  await shoot('picture', shown('changes', old, 'sign.png'), '.overlay');
  await shoot('code', shown('changes', old, 'code.py'), '.diff-line');
  await shoot('report', shown('artifact', old, 'report.pdf'), '.leaf');
  await shoot('notes', shown('artifact', old, 'notes.md'), '.paper');
  await shoot('artifact', shown('artifact', old, 'budget.xlsx'), '.chain');
  if ((await compare()) > 0 && process.argv.includes('--strict')) process.exitCode = 1;
} finally {
  await browser.close();
  await world.end();
}
