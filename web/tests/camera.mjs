// Takes pictures of places of the page, in each width and colour, and tells which look different now.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { letIn } from './world.mjs';

const out = new URL('../shots/', import.meta.url).pathname;
const past = new URL('../shots-before/', import.meta.url).pathname;

/** Of 100 dots, how many may look different: names of folders and times do. */
const DIFFERENT_MAX = 2;

const LOOKS = [360, 768, 1440].flatMap((width) => ['light', 'dark'].map((colorScheme) => ({ width, colorScheme })));

/** A new set of pictures; those of the run before are kept beside them. */
export function clear() {
  if (existsSync(out)) {
    rmSync(past, { recursive: true, force: true });
    renameSync(out, past);
  }
  mkdirSync(out, { recursive: true });
}

/** Each scene: a name, a path, what shows that it is there, and perhaps what to do then. */
export async function shoot(browser, world, scenes, options = {}) {
  for (const { width, colorScheme } of LOOKS) {
    const { page, context } = await letIn(browser, world, { viewport: { width, height: 860 }, colorScheme, ...options });
    const origin = new URL(page.url()).origin;
    for (const [name, path, sign, act] of scenes) {
      await page.goto(origin + path);
      await page.locator(sign).first().waitFor();
      await act?.(page, context);
      await page.waitForLoadState('networkidle', { timeout: 1000 }).catch(() => undefined);
      await page.screenshot({ path: join(out, `${name}-${width}-${colorScheme}.png`) });
    }
    await context.close();
  }
}

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
export async function compare(browser) {
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
