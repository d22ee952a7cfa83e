// A text that changed, line by line: in one column, or before and after in two where there is room.
import { useMemo, useSyncExternalStore } from 'react';
import { useCode, type Run } from '../state/code';
import { CodeLine } from '../ui/code';
import { ManyInBox } from '../ui/many';
import { useWords } from '../words';

type Kind = 'same' | 'added' | 'removed' | 'gap';
export type Line = { kind: Kind; text: string; before: number | null; after: number | null };
export type Pair = [before: Line | null, after: Line | null];

export function linesOf(unified: string): Line[] {
  const lines: Line[] = [];
  let [before, after] = [0, 0];
  for (const text of unified.split('\n')) {
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)/.exec(text);
    if (hunk) {
      [before, after] = [Number(hunk[1]), Number(hunk[2])];
      if (lines.length > 0) lines.push({ kind: 'gap', text: '', before: null, after: null });
    } else if (lines.length === 0 && (text.startsWith('--- ') || text.startsWith('+++ '))) {
      continue;
    } else if (text.startsWith('+')) {
      lines.push({ kind: 'added', text: text.slice(1), before: null, after: after++ });
    } else if (text.startsWith('-')) {
      lines.push({ kind: 'removed', text: text.slice(1), before: before++, after: null });
    } else if (text.startsWith(' ')) {
      lines.push({ kind: 'same', text: text.slice(1), before: before++, after: after++ });
    }
  }
  return lines;
}

/** What was taken away stands beside what came for it. */
export function pairsOf(lines: readonly Line[]): Pair[] {
  const pairs: Pair[] = [];
  let [removed, added]: [Line[], Line[]] = [[], []];
  const flush = () => {
    const height = Math.max(removed.length, added.length);
    for (let index = 0; index < height; index += 1) {
      pairs.push([removed[index] ?? null, added[index] ?? null]);
    }
    [removed, added] = [[], []];
  };
  for (const line of lines) {
    if (line.kind === 'removed') removed.push(line);
    else if (line.kind === 'added') added.push(line);
    else {
      flush();
      pairs.push([line, line]);
    }
  }
  flush();
  return pairs;
}

const wide = window.matchMedia('(width >= 1280px)');

function useIsWide(): boolean {
  return useSyncExternalStore(
    (told) => {
      wide.addEventListener('change', told);
      return () => wide.removeEventListener('change', told);
    },
    () => wide.matches,
  );
}

/** The code of both versions, each by its own lines; where a line stands in them. */
function useBoth(path: string, lines: readonly Line[]) {
  const { texts, places } = useMemo(() => {
    const [before, after]: [string[], string[]] = [[], []];
    const at = new Map<Line, [side: 0 | 1, index: number]>();
    for (const line of lines) {
      if (line.kind !== 'added') at.set(line, [0, before.push(line.text) - 1]);
      if (line.kind !== 'removed') at.set(line, [1, after.push(line.text) - 1]);
    }
    return { texts: [before.join('\n'), after.join('\n')], places: at };
  }, [lines]);
  const code = useCode(path, texts);
  return (line: Line | null): Run[] | undefined => {
    const place = line ? places.get(line) : undefined;
    return place && code?.[place[0]]?.[place[1]];
  };
}

export function Lines({ unified, path }: { unified: string; path: string }) {
  const words = useWords();
  const isWide = useIsWide();
  const lines = useMemo(() => linesOf(unified), [unified]);
  const pairs = useMemo(() => pairsOf(lines), [lines]);
  const codeOf = useBoth(path, lines);
  if (lines.length === 0) return <p className="faint">{words.same}</p>;
  // Where there is only one version, two columns would be one and an empty one.
  const isSplit = isWide && lines.some((it) => it.before !== null) && lines.some((it) => it.after !== null);
  return (
    <div className="diff" dir="ltr">
      <ManyInBox
        label={words.asDifference}
        count={isSplit ? pairs.length : lines.length}
        estimate={22}
        keyOf={String}
        row={(index) => {
          if (!isSplit) return <OneLine line={lines[index] ?? null} code={codeOf(lines[index] ?? null)} side={null} />;
          const [before, after] = pairs[index] ?? [null, null];
          return (
            <div className="split-line">
              <OneLine line={before} code={codeOf(before)} side="before" />
              <OneLine line={after} code={codeOf(after)} side="after" isRepeated={before === after} />
            </div>
          );
        }}
      />
    </div>
  );
}

const SIGNS = { same: ' ', added: '+', removed: '−', gap: '⋯' };
type LineProps = { line: Line | null; code: Run[] | undefined; side: 'before' | 'after' | null; isRepeated?: boolean };

function OneLine({ line, code, side, isRepeated }: LineProps) {
  const words = useWords();
  if (!line) return <div className="diff-line" data-kind="none" />;
  const spoken = line.kind === 'added' || line.kind === 'removed' ? words[line.kind] : '';
  return (
    // What is the same in both is read aloud once.
    <div className="diff-line" data-kind={line.kind} aria-hidden={isRepeated || undefined}>
      {side !== 'after' && <LineNumber number={line.before} />}
      {side !== 'before' && <LineNumber number={line.after} />}
      <span aria-hidden="true">{SIGNS[line.kind]}</span>
      {spoken && <span className="unseen">{spoken}: </span>}
      <span className="grow pre" dir="auto">
        <CodeLine text={line.text} runs={code} />
      </span>
    </div>
  );
}

function LineNumber({ number }: { number: number | null }) {
  return (
    <span className="diff-number num" aria-hidden="true">
      {number}
    </span>
  );
}
