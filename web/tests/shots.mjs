// Pictures of every state, to be looked at: web/shots, which is not kept in the repository.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answerAll, handOver, letIn, newBrowser, newWorld } from './world.mjs';

const out = new URL('../shots/', import.meta.url).pathname;
mkdirSync(out, { recursive: true });
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
} finally {
  await browser.close();
  await world.end();
}
