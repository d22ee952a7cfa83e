// What a page must keep to for people who use it with something else than eyes and a mouse.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Fails with what is wrong, and where. */
export async function check(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  const told = violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.target).join(' ')}`);
  assert.deepEqual(told, [], page.url());
}
