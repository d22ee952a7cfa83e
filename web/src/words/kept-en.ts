// The words about what is kept on this computer, in English: keys, memory, what machines are made of.
const many = (count: number, one: string, more: string) =>
  `${count.toLocaleString('en')} ${count === 1 ? one : more}`;

export const keptEn = {
  keysTitle: 'Keys of providers',
  keysText:
    'A key is tested at once, kept encrypted on this computer, and never shown again. One in the environment of legwork, or a [[key]] in models.toml, is found as well and need not be kept here.',
  keyKept: 'a key is kept here',
  keyNone: 'no key',
  keyAdd: 'Keep a key',
  keyAddOf: (provider: string) => `Keep a key of ${provider}`,
  keyReplace: 'Replace',
  keyReplaceOf: (provider: string) => `Replace the key of ${provider}`,
  keyLabel: (provider: string) => `Key of ${provider}`,
  keyHint: 'As the provider’s page shows it',
  keyTest: 'Test and keep it',
  keyTesting: (provider: string) => `Asking ${provider} for one word …`,
  keyUntested: 'The key is kept. Whether it works could not be seen:',
  keyForget: 'Forget',
  keyForgetOf: (provider: string) => `Forget the key of ${provider}`,
  keyForgetSure: (provider: string) =>
    `Tasks under way that ask ${provider} stop when they ask next, unless there is another key in the environment.`,

  machineText:
    'Each task works in a machine of its own. What those machines take on this computer’s disk, and what they are made of.',
  room: 'Room on the disk',
  roomTasks: 'Tasks: copies of folders, and what was installed',
  roomInstalled: 'Of these: installed by ended tasks',
  roomImages: 'Images',
  roomTemplates: 'Sleeping machines, so that others start at once',
  roomLayers: 'Layers',
  roomAll: 'Everything of Legwork',
  roomFree: 'Free on the disk',
  roomFreeText: 'What ended tasks installed can go; their changes and their undo stay.',
  roomFreeDo: 'Free it',
  roomFreed: (bytes: string) => `${bytes} are free again`,
  imagesTitle: 'Images',
  imagesText: 'A system that virtual machines start from.',
  imagesNone: 'There is none. Tasks work in jails, which need none; `legwork machine image build` makes one.',
  imageUsed: 'in use',
  imageFacts: (suite: string, packages: number, size: string) => `${suite} · ${many(packages, 'package', 'packages')} · ${size}`,
  imageSure: (name: string) =>
    `New virtual machines can’t start from ${name} any more, nor from those asleep. Nothing in your folders or tasks is lost. It can be made again, which takes minutes.`,
  layersTitle: 'Layers',
  layersText: 'What a task installed, kept so that later tasks have it.',
  layersNone: 'There is none. `legwork machine keep` makes one of what a task has installed.',
  layerFacts: (files: number, size: string) => `${many(files, 'file', 'files')} · ${size}`,
  layerOn: (names: string) => `on ${names}`,
  layerSure: (name: string) =>
    `Later tasks have to install what is in ${name} anew. Tasks that are done keep their results.`,
  remove: (name: string) => `Remove ${name}`,
  removed: (name: string) => `${name} is removed.`,

  memoryTitle: 'About you',
  memoryText:
    'What every task of a model is told about you. A task adds a line only when you say yes to that very line.',
  memoryNone: 'Nothing is remembered yet. What you write here, every later task of a model is told.',
  memoryLabel: 'What is remembered of you',
  memoryHint: '- I write dates as 31.12.2026',
  memoryFile: (path: string) => `Kept in ${path}.`,
  memorySaved: 'It is remembered.',
  memoryForgotten: 'It is forgotten.',
  memoryAgain: 'Read it again',
  memoryAgainOf: (what: string) => `Read it again: ${what}`,
  memoryForget: 'Forget all of it',
  memoryForgetSure: 'No later task is told any of it. Tasks under way were told when they began.',
  folderTitle: 'About folders',
  folderText:
    'A file in the folder itself, .legwork/memory.md: whoever works there has it too. Tasks propose changes to it like to any other file, and you approve them.',
  folderNone: 'Nothing is remembered about a folder that was used lately.',
  folderLabel: (folder: string) => `What is remembered about ${folder}`,
  folderHint: '- Dates in here are day first',
  folderOthers: 'Folders of which nothing is remembered yet',
  folderWrite: 'Write',
  folderWriteOf: (folder: string) => `Write what is to be remembered about ${folder}`,
  folderForget: 'Delete',
  folderForgetOf: (folder: string) => `Delete what is remembered about ${folder}`,
  folderForgetSure: (folder: string) =>
    `The file .legwork/memory.md in ${folder} is deleted. This can’t be taken back here.`,
};
