// What a page must keep to for people who use it with something else than eyes and a mouse.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { becomes } from './world.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What is wrong now, and where. */
export async function violations(page) {
  // Run as the browser's own tool would, beside the page's policy.
  await page.evaluate(axe);
  const { violations: found } = await page.evaluate(() => window.axe.run());
  return found.map((it) => `${it.id}: ${it.nodes.map((node) => node.html).join(' ').slice(0, 300)}`);
}

/** Fails with what stays wrong, and on which page. */
export const check = (page, where = page.url()) =>
  becomes(async () => (await violations(page)).map((it) => `${where}: ${it}`), []);
