// A page in German: what the daemon says is said in German too, and what somebody wrote stays theirs.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { check } from './axe.mjs';
import { becomes, handOver, letIn, newBrowser, newWorld } from './world.mjs';

describe('in German', { concurrency: false }, () => {
  let world, browser, model, folder, shown;
  before(async () => {
    world = await newWorld();
    model = createServer(answer);
    await new Promise((done) => model.listen(0, '127.0.0.1', done));
    writeFileSync(
      join(world.config, 'config.toml'),
      `[models]\nservers = ["127.0.0.1:${model.address().port}"]\n`,
    );
    const rule = 'allow reading from **.intern.example below /a port 8443 internal';
    writeFileSync(join(world.config, 'egress.rules'), `${rule}\n`);
    folder = join(world.home, 'Dinge');
    mkdirSync(folder);
    writeFileSync(join(folder, 'a.txt'), 'a');
    browser = await newBrowser();
    shown = await letIn(browser, world, { locale: 'de-DE' });
  });
  after(async () => {
    model?.close();
    await browser?.close();
    await world?.end();
  });

  /** A model that wants to go where nothing allows it, or one that is broken. */
  function answer(request, response) {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      if (request.url.endsWith('/models')) {
        return response.end(JSON.stringify({ object: 'list', data: [{ id: 'house-1', object: 'model' }] }));
      }
      if (body.includes('KAPUTT')) {
        response.statusCode = 500;
        return response.end(JSON.stringify({ error: { message: 'Kurzschluss' } }));
      }
      const results = JSON.parse(body).messages.filter((it) => it.role === 'tool').length;
      const plan = {
        goal: 'The ledger',
        steps: [{ key: 'a', text: 'Read 3 documents (done: nothing was changed)' }],
        checks: [{ key: 'k', text: 'It is so' }],
        writes: ['Dinge'],
      };
      const calls = [
        ['plan', plan],
        ['run_command', { command: 'curl -sS https://blocked.example.org/x' }],
      ];
      response.setHeader('content-type', 'text/event-stream');
      const part = (delta, finish_reason = null) => {
        const choices = [{ index: 0, delta, finish_reason }];
        response.write(`data: ${JSON.stringify({ id: '1', object: 'chat.completion.chunk', choices })}\n\n`);
      };
      const call = calls[results];
      if (call) {
        const [name, args] = call;
        const asked = { name, arguments: JSON.stringify(args) };
        part({ role: 'assistant', tool_calls: [{ index: 0, id: `c${results}`, type: 'function', function: asked }] });
        part({}, 'tool_calls');
      } else {
        part({ role: 'assistant', content: 'nothing changed' });
        part({}, 'stop');
      }
      response.end('data: [DONE]\n\n');
    });
  }

  async function at(path, sign) {
    await shown.page.goto(new URL(path, shown.page.url()).href);
    await shown.page.locator(sign).first().waitFor();
    return shown.page;
  }

  const says = (text) => shown.page.getByText(text).first().waitFor();
  /** What is left in English is marked so. */
  const isGerman = () => becomes(() => shown.page.locator('main [lang=en]').allInnerTexts(), []);

  async function begin(request) {
    await world.tell('run', request, '--folder', folder);
    return JSON.parse(await world.legwork('list', '--json'))[0].id;
  }

  test('a playbook’s plan, question and proofs', async () => {
    const { task } = await handOver(world);
    await at(`/tasks/${task}`, '.plan-card');
    await says(/^Spesenabrechnung aus 28 Belegen: März.+Juni 2025/);
    await says('28 Belege lesen (getan: nichts wurde geändert)');
    await says('Die Tabelle lässt sich öffnen, und ihre Formeln rechnen ohne Fehler');
    await world.tell('plan', task, '--approve');
    await says('Der Tag steht zuerst: 4. Mai 2025');
    await isGerman();
    await check(shown.page);
  });

  test('what a playbook made, in its own sum', async () => {
    const { task } = await handOver(world, '--yes');
    await at(`/tasks/${task}`, '#result');
    const sum = shown.page.getByRole('region', { name: 'Es ist fertig, und alle Prüfungen sind bestanden', exact: true });
    await becomes(() => sum.innerText(), (it) => /\d+ Einkäufe in Expenses\.xlsx und Expenses\.md: EUR [^]*Beiseitegelegt, jeweils mit Grund: \d+ Dateien und \d+ Zeilen aus Kontoauszügen\./.test(it));
    await isGerman();
    for (const name of ['eins.txt', 'zwei.txt', 'drei.txt']) writeFileSync(join(folder, name), 'dasselbe'.repeat(500));
    await world.tell('run', 'Find duplicates', '--folder', folder, '--playbook', 'find-duplicates', '--yes');
    await at(`/tasks/${JSON.parse(await world.legwork('list', '--json'))[0].id}`, '#result');
    await says(/^2 weitere Kopien von 1 Datei belegen .+\n2 Kopien liegen jetzt in Duplicates /);
    for (const name of ['eins.txt', 'zwei.txt', 'drei.txt']) rmSync(join(folder, name));
  });

  test('a place that nothing allows, and what became of it', async () => {
    const task = await begin('Sieh dir die Seite an');
    const page = await at(`/tasks/${task}`, '.plan-card');
    // What a model wrote is its own, also where a playbook would have said the same.
    await says('Read 3 documents (done: nothing was changed)');
    await world.tell('plan', task, '--approve');
    await says('Darf diese Aufgabe blocked.example.org erreichen?');
    await says('curl in ihrer Maschine will sich verbinden, und nichts erlaubt das bis jetzt.');
    await says('nein, und in keiner Aufgabe mehr danach fragen');
    await isGerman();
    await page.getByRole('button', { name: 'Antworten', exact: true }).click();
    await page.locator('#result').waitFor();
    await says('es wurde nichts genannt, das das beweisen würde');
    await isGerman();
    await at(`/tasks/${task}/network`, '.cells');
    await says('du wurdest gefragt und hast nein gesagt: du erlaubst es in dieser Aufgabe nicht');
    await isGerman();
  });

  test('a model that is broken', async () => {
    const task = await begin('KAPUTT');
    await at(`/tasks/${task}`, '#result, .live-line');
    await says(/hat selbst einen Fehler: der Server sagte \(HTTP 500\): Kurzschluss/);
    await world.tell('stop', task);
  });

  test('rules, mistakes and what the doctor finds', async () => {
    const page = await at('/settings/network', '#standing');
    await says('Lesen bei intern.example und allem darunter, nur unter /a, am Port 8443, auch wenn das in deinem eigenen Netz ist');
    await page.getByLabel('Für jede Aufgabe erlauben', { exact: true }).fill('zorp');
    await page.keyboard.press('Enter');
    await says(/„zorp“ ist nicht zu verstehen/);
    await at('/settings/doctor', '.finding');
    await says('Die Aufzeichnungen aller Aufgaben sind vollständig');
    await isGerman();
    await at('/new?folder=%2Fnirgends', 'textarea');
    await page.getByRole('textbox').first().fill('Tidy this folder');
    await page.getByRole('button', { name: 'Abgeben', exact: true }).click();
    await says('/nirgends lässt sich keiner Aufgabe geben');
    await says('Nenne einen Ordner, den es gibt');
    await isGerman();
    await at('/tasks/zzzz2222', '[role=alert]');
    await says('Es gibt keine Aufgabe zzzz2222');
  });

  test('nothing complained', () => {
    assert.deepEqual(shown.complaints.filter((it) => !/status of 4\d\d/.test(it)), []);
  });
});
