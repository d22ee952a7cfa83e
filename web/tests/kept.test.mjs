// What is kept on this computer: a folder's first line, images and layers, as a person reads,
// writes and removes them.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { check } from './axe.mjs';
import { becomes, letIn, newBrowser, newWorld } from './world.mjs';

/** Installs a tool as any program would, in the copy of the system that its machine sees. */
const TOOL = `
def main():
    share = folders[0]["name"]
    decided = plan("Install a tool", steps = [{"key": "go", "text": "Install it", "details": []}], checks = [], writes = [share])
    if not decided["approved"]:
        stuck("not approved")
    step("go")
    tools.run_command(command = "head -c 5000 /dev/zero > /usr/local/bin/tool", folder = share)
    finish("It is there.")

main()
`;

/** Resolves to the id of a task that installed it and rests. */
async function toolInstalled(world) {
  const skill = join(world.config, 'skills/install-tool');
  mkdirSync(skill, { recursive: true });
  const head = '---\nname: install-tool\ndescription: Installs a tool. Use it to install a tool.\nmetadata:\n  title: Tool\n  words: tool\n---\n\n# Tool\n';
  writeFileSync(join(skill, 'SKILL.md'), head);
  writeFileSync(join(skill, 'playbook.star'), TOOL);
  await world.tell('run', 'Install a tool', '--folder', join(world.home, 'Mess'), '--playbook', 'install-tool', '--yes');
  return JSON.parse(await world.legwork('list', '--json')).find((it) => it.request === 'Install a tool').id;
}

describe('what is kept', { concurrency: false }, () => {
  let world, browser;
  before(async () => {
    world = await newWorld();
    for (const name of ['Mess', 'Other']) {
      mkdirSync(join(world.home, name));
      writeFileSync(join(world.home, name, 'a.txt'), name);
      await world.tell('run', 'Tidy this folder', '--folder', join(world.home, name), '--yes');
    }
    browser = await newBrowser();
  });
  after(async () => {
    await browser?.close();
    await world?.end();
  });

  async function at(part) {
    const { page, context, complaints } = await letIn(browser, world);
    await page.goto(new URL(`/settings/${part}`, page.url()).href);
    return { page, context, complaints };
  }

  test('the first line about a folder is written here, by keyboard', async () => {
    const file = join(world.home, 'Mess', '.legwork', 'memory.md');
    const { page, context, complaints } = await at('memory');
    const write = page.getByRole('button', { name: 'Write what is to be remembered about ~/Mess', exact: true });
    await write.press('Enter');
    const label = page.getByLabel('What is remembered about ~/Mess', { exact: true });
    // The focus goes to what appeared.
    await becomes(() => label.evaluate((it) => it === document.activeElement), true);
    await page.keyboard.type('- dates are DMY');
    await check(page);
    await page.keyboard.press('Control+Enter');
    await page.getByText('It is remembered.', { exact: true }).first().waitFor();
    await becomes(() => label.inputValue(), '- dates are DMY');
    assert.equal(readFileSync(file, 'utf8'), '- dates are DMY');
    await write.waitFor({ state: 'detached' });
    // Nothing is written where somebody gave up, nor over what appeared in the meantime.
    const other = join(world.home, 'Other', '.legwork', 'memory.md');
    const writeOther = page.getByRole('button', { name: 'Write what is to be remembered about ~/Other', exact: true });
    await writeOther.click();
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    assert.ok(!existsSync(other));
    await writeOther.click();
    mkdirSync(join(world.home, 'Other', '.legwork'));
    writeFileSync(other, '- theirs\n');
    await page.getByLabel('What is remembered about ~/Other', { exact: true }).fill('- mine');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('alert').first().waitFor();
    assert.equal(readFileSync(other, 'utf8'), '- theirs\n');
    assert.deepEqual(complaints.filter((it) => !it.includes('status of 409')), []);
    await context.close();
  });

  test('an image and a layer are listed with what they take, and removed', async () => {
    const image = join(world.state, 'images', 'debian');
    mkdirSync(image, { recursive: true });
    const parts = { 'root.erofs': 3_000_000, vmlinuz: 200_000 };
    const files = {};
    for (const [name, size_bytes] of Object.entries(parts)) {
      writeFileSync(join(image, name), Buffer.alloc(size_bytes));
      files[name] = { size_bytes, hash: '0'.repeat(64) };
    }
    const packages = { bash: '5.2', coreutils: '9.1' };
    const made = { format: 1, name: 'debian', made_at_seconds: 1_700_000_000, suite: 'bookworm', kernel: '6.1', packages, files };
    writeFileSync(join(image, 'manifest.json'), JSON.stringify(made));
    mkdirSync(join(world.state, 'images', 'half'));
    await world.legwork('machine', 'keep', await toolInstalled(world), 'tools');

    const { page, context, complaints } = await at('machine');
    const line = (name) => page.getByRole('listitem').filter({ hasText: name });
    await line('debian').getByText('bookworm · 2 packages · 3.2 MB').waitFor();
    await line('debian').getByText('in use', { exact: true }).waitFor();
    await line('tools').getByText(/^\d+ files? · [\d.]+ kB$/).waitFor();
    await line('half').waitFor();
    await check(page);
    for (const [name, folder] of [['half', 'images'], ['debian', 'images'], ['tools', 'systems/layers']]) {
      const button = page.getByRole('button', { name: `Remove ${name}`, exact: true });
      await button.click();
      const dialog = page.getByRole('dialog');
      await check(page, `asking whether to remove ${name}`);
      // A way out that changes nothing, and the focus back where it was.
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await becomes(() => button.evaluate((it) => it === document.activeElement), true);
      assert.ok(readdirSync(join(world.state, folder)).includes(name));
      await button.click();
      await dialog.getByRole('button', { name: `Remove ${name}`, exact: true }).click();
      await page.getByText(`${name} is removed.`, { exact: true }).first().waitFor();
      await button.waitFor({ state: 'detached' });
      assert.ok(!readdirSync(join(world.state, folder)).includes(name));
    }
    await page.getByText('Tasks work in jails, which need none').first().waitFor();
    await page.getByText(/^There is none\. legwork machine keep/).first().waitFor();
    assert.deepEqual(complaints, []);
    await context.close();
  });
});
