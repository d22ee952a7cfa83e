// A task that changed a great many files.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILES = 2000;

const MANY = `
def main():
    share = folders[0]["name"]
    decided = plan("Write many files", steps = [{"key": "go", "text": "Write them", "details": []}], checks = [], writes = [share])
    if not decided["approved"]:
        stuck("not approved")
    step("go")
    tools.run_command(command = "for i in $(seq ${FILES}); do echo changed $i > file-$i.txt; done", folder = share)
    finish("They are there.")

main()
`;

/** Resolves to the task's id once it rests. */
export async function manyFiles(world) {
  const folder = join(world.home, 'Many');
  mkdirSync(folder);
  for (let index = 1; index <= FILES; index += 1) writeFileSync(join(folder, `file-${index}.txt`), `${index}\n`);
  const skill = join(world.config, 'skills/many-files');
  mkdirSync(skill, { recursive: true });
  const head = '---\nname: many-files\ndescription: Writes many files. Use it to write many files.\nmetadata:\n  title: Many\n  words: many\n---\n\n# Many\n';
  writeFileSync(join(skill, 'SKILL.md'), head);
  writeFileSync(join(skill, 'playbook.star'), MANY);
  await world.tell('run', 'Write many files', '--folder', folder, '--playbook', 'many-files', '--yes');
  return JSON.parse(await world.legwork('list', '--json')).find((it) => it.request === 'Write many files').id;
}
