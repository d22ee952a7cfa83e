// Pictures of every state, to be looked at: web/shots, which is not kept in the repository. Those of
// the run before are kept beside them, and what looks different now is told; `--strict` fails by it.
// With the path of the ledger's `fill_bench` as an argument, very long and very many things too.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clear, compare, shoot } from './camera.mjs';
import { history, LONG, PLANNED } from './history.mjs';
import { manyFiles } from './many.mjs';
import { papers } from './papers.mjs';
import { becomes, handOver, newBrowser, newWorld } from './world.mjs';

const fill = process.argv.slice(2).find((it) => !it.startsWith('--'));
const browser = await newBrowser();
clear();

/** What a person meets with a few tasks. */
async function usual(world) {
  const folder = join(world.home, 'مجلد غير مرتب');
  mkdirSync(folder);
  const long = `${'a name without an end '.repeat(9)}.txt`.slice(0, 200);
  for (const name of [long, 'فاتورة الكهرباء.txt', 'a.txt', 'b.md', 'c.csv', 'page.html']) {
    writeFileSync(join(folder, name), `<h1>${name}</h1>`);
  }
  await shoot(browser, world, [['welcome', '/', '.offer']]);
  await world.tell('run', 'Tidy this folder', '--folder', folder, '--yes');
  await shoot(browser, world, [['one', '/', '.task-list']]);
  const odd = JSON.parse(await world.legwork('list', '--json'))[0].id;
  const done = (await handOver(world, '--yes')).task;
  const kept = (await handOver(world, '--yes', '--apply')).task;
  const asking = (await handOver(world)).task;
  await world.tell('plan', asking, '--approve');
  const waiting = (await handOver(world)).task;
  await becomes(async () => JSON.parse(await world.legwork('show', asking, '--json')).questions.length > 0, true);
  const path = async (task) =>
    encodeURIComponent(JSON.parse(await world.legwork('changes', task, '--json')).changes.at(-1).path);
  const { run } = await papers(world);
  const { task: old } = await run('900');
  await world.tell('apply', old, '--despite-checks');
  const { task: newer } = await run('950');
  const shown = (part, task, name) => `/tasks/${task}/${part}?file=${encodeURIComponent(`Papers/${name}`)}`;
  const part = (name, sign) => [`settings-${name}`, `/settings/${name}`, sign];
  const palette = async (page) => {
    await page.keyboard.press('Control+k');
    await page.getByRole('menuitem').first().waitFor();
  };
  const refused = async (page) => {
    await page.getByRole('textbox').first().fill('Compose a symphony');
    await page.getByRole('button', { name: 'Hand it over', exact: true, disabled: false }).click();
    await page.getByRole('alert').first().waitFor();
  };
  await shoot(browser, world, [
    ['home', '/', '.task-list'],
    ['new', '/new', 'textarea'],
    ['new-refused', `/new?folder=${encodeURIComponent(folder)}`, 'textarea', refused],
    ['palette', '/', '.task-list', palette],
    ['nowhere', '/nowhere', 'h1'],
    ['gone', '/tasks/zzzz2222', '[role=alert]'],
    ['settings', '/settings', '#notify'],
    part('models', '#keys'),
    part('budgets', '.amount'),
    part('network', '#standing'),
    part('folders', '#lately'),
    part('memory', '#folder-memory'),
    part('machine', '#layers'),
    part('phone', '#phones'),
    part('doctor', '.finding'),
    ['plan', `/tasks/${waiting}`, '.plan-card'],
    ['question', `/tasks/${asking}`, '.choices'],
    ['result', `/tasks/${done}`, '#result'],
    ['kept', `/tasks/${kept}`, '#result'],
    ['changes', `/tasks/${done}/changes`, '.change'],
    ['table', `/tasks/${done}/changes?file=${await path(done)}`, '.cells'],
    ['odd', `/tasks/${odd}/changes?file=${await path(odd)}`, '#file'],
    ['network', `/tasks/${waiting}/network`, '#reach'],
    ['budget', shown('changes', newer, 'budget.xlsx'), '.grid'],
    ['letter', shown('changes', old, 'letter.docx'), '.paper'],
    ['picture', shown('changes', old, 'sign.png'), '.overlay'],
    ['code', shown('changes', old, 'code.py'), '.diff-line, .split-line'],
    ['report', shown('artifact', old, 'report.pdf'), '.leaf, .paper'],
    ['notes', shown('artifact', old, 'notes.md'), '.paper'],
    ['artifact', shown('artifact', old, 'budget.xlsx'), '.chain'],
  ]);
  const away = async (page) => {
    await world.stop();
    await page.getByText('Legwork is not running').first().waitFor();
  };
  for (const [name, path, sign] of [['offline', `/tasks/${waiting}`, '.plan-card'], ['offline-home', '/', '.task-list']]) {
    await shoot(browser, world, [[name, path, sign, away]]);
  }
}

/** What is long, and what is many. */
async function extremes(world) {
  const ledger = join(world.state, 'ledger');
  mkdirSync(ledger, { recursive: true });
  execFileSync(fill, [ledger], { input: history({ turns: 200, steps: 40 }) });
  const many = await manyFiles(world);
  const end = (page) => page.evaluate(() => scrollTo(0, 3000));
  await shoot(browser, world, [
    ['many-tasks', '/', '.task-list'],
    ['many-tasks-below', '/', '.task-list', end],
    ['long-task', `/tasks/${LONG}`, '.story-line'],
    ['long-task-below', `/tasks/${LONG}`, '.story-line', end],
    ['long-plan', `/tasks/${PLANNED}`, '.plan-card'],
    ['many-changes', `/tasks/${many}/changes`, '.change-link'],
    ['many-changes-one', `/tasks/${many}/changes?file=Many%2Ffile-7.txt`, '.diff-line, .split-line'],
  ]);
}

try {
  for (const scenes of fill ? [usual, extremes] : [usual]) {
    const world = await newWorld();
    try {
      await scenes(world);
    } finally {
      await world.end();
    }
  }
  if ((await compare(browser)) > 0 && process.argv.includes('--strict')) process.exitCode = 1;
} finally {
  await browser.close();
}
