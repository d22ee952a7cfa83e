// Code with its words told apart. It is done by a worker that ends when it takes too long, so that no
// file, however it was made, stops the page; what is not told apart in time is shown plain.
import { useEffect, useState } from 'react';

export type CodeKind = 'word' | 'name' | 'text' | 'note';
export type Run = [kind: CodeKind | null, text: string];
export type CodeAsked = { language: string; texts: string[] };
export type CodeAnswer = { lines: Run[][][] };

/** Letters of all texts together, and of one line: what is longer was written by a machine. */
const LETTERS_MAX = 200_000;
const LINE_LETTERS_MAX = 2_000;
const PATIENCE_MS = 5000;

const LANGUAGES: [string, RegExp][] = [
  ['bash', /\.(sh|bash|zsh)$|^\.?(bashrc|profile)$/i],
  ['c', /\.(c|h)$/i],
  ['cpp', /\.(cc|cpp|cxx|hpp|hh)$/i],
  ['csharp', /\.cs$/i],
  ['css', /\.css$/i],
  ['diff', /\.(diff|patch)$/i],
  ['go', /\.go$/i],
  ['ini', /\.(ini|toml|cfg|conf)$/i],
  ['java', /\.java$/i],
  ['javascript', /\.(js|mjs|cjs|jsx)$/i],
  ['json', /\.(json|jsonl)$/i],
  ['kotlin', /\.kts?$/i],
  ['lua', /\.lua$/i],
  ['makefile', /^makefile$|\.mk$/i],
  ['perl', /\.p[lm]$/i],
  ['php', /\.php$/i],
  ['python', /\.(py|pyi|star|bzl)$/i],
  ['r', /\.r$/i],
  ['ruby', /\.(rb|rake)$|^gemfile$/i],
  ['rust', /\.rs$/i],
  ['scss', /\.scss$/i],
  ['sql', /\.sql$/i],
  ['swift', /\.swift$/i],
  ['typescript', /\.(ts|tsx|mts)$/i],
  ['xml', /\.(xml|html?|svg|xhtml)$/i],
  ['yaml', /\.ya?ml$/i],
];

function languageOf(path: string): string | null {
  const name = path.split('/').pop() ?? '';
  return LANGUAGES.find(([, ending]) => ending.test(name))?.[0] ?? null;
}

const isFit = (texts: readonly string[]) =>
  texts.reduce((sum, text) => sum + text.length, 0) <= LETTERS_MAX &&
  texts.every((text) => text.split('\n').every((line) => line.length <= LINE_LETTERS_MAX));

/** The lines of each text as runs; `null` while they are not there, and where they will not be. */
export function useCode(path: string, texts: readonly string[]): Run[][][] | null {
  const [lines, setLines] = useState<Run[][][] | null>(null);
  const key = texts.join('\0');
  useEffect(() => {
    setLines(null);
    const language = languageOf(path);
    const asked = key.split('\0');
    if (!language || !isFit(asked)) return;
    const worker = new Worker(new URL('./code-worker.ts', import.meta.url), { type: 'module' });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = () => {
      clearTimeout(timer);
      worker.terminate();
    };
    worker.onmessage = ({ data }: MessageEvent<CodeAnswer | 'ready'>) => {
      if (data === 'ready') {
        // How long it took to load is no fault of the text.
        timer = setTimeout(() => worker.terminate(), PATIENCE_MS);
        const asking: CodeAsked = { language, texts: asked };
        worker.postMessage(asking);
        return;
      }
      setLines(data.lines);
      end();
    };
    return end;
  }, [path, key]);
  return lines;
}
