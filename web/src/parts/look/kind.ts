// How a kind of file is shown, by its name alone.
export type Shown = 'sheets' | 'paper' | 'picture' | 'page' | 'markdown' | 'text';

const KINDS: [Shown, RegExp][] = [
  ['sheets', /\.(xlsx|xlsm|xls|ods|csv|tsv)$/i],
  ['paper', /\.(docx|odt|rtf|pptx|pdf|eml)$/i],
  // A drawing in an `img` runs no script and loads nothing.
  ['picture', /\.(png|jpe?g|gif|webp|svg)$/i],
  ['page', /\.html?$/i],
  ['markdown', /\.(md|markdown)$/i],
];

export function shownAs(path: string): Shown {
  return KINDS.find(([, ending]) => ending.test(path))?.[0] ?? 'text';
}

/** What the daemon opens in a program of the person's own. */
export const canOpen = (path: string) =>
  /\.(pdf|xlsx|docx|pptx|ods|odt|odp|png|jpe?g|gif|webp|txt|md|csv)$/i.test(path);
