// How a file looks: one version, or both beside each other, each shown so that it can't act.
import { useMemo, type ReactNode } from 'react';
import { tasks } from '../../api/tasks';
import type { ChangeView, FileSide, LookView, PaperView } from '../../api/types';
import { useAsked } from '../../state/asked';
import { ManyInBox } from '../../ui/many';
import { Loading, Problem, Said } from '../../ui/told';
import { useWords } from '../../words';
import { Sheets } from './grid';
import { shownAs } from './kind';
import { Markdown } from './markdown';
import { linesOfPaper, Paper } from './paper';
import { Pictures } from './pictures';
import { useCode } from '../../state/code';
import { CodeLine } from '../../ui/code';

/** Letters of a text that are looked at in the page. */
const TEXT_MAX = 1_000_000;

export function sidesOf(change: ChangeView): FileSide[] {
  switch (change.kind) {
    case 'modified':
      return ['before', 'after'];
    case 'deleted':
      return ['before'];
    case 'created':
    case 'moved':
    case 'mode':
      return ['after'];
  }
}

type Props = { task: string; change: ChangeView; sides?: FileSide[] };

export default function Look({ task, change, sides = sidesOf(change) }: Props) {
  const { path } = change;
  switch (shownAs(path)) {
    case 'sheets':
      return <SheetsLook task={task} path={path} sides={sides} />;
    case 'paper':
      return <PapersLook task={task} path={path} sides={sides} />;
    case 'picture':
      return <Pictures task={task} path={path} sides={sides} />;
    case 'page':
      return <Beside sides={sides} of={(side) => <Frame task={task} path={path} side={side} />} />;
    case 'markdown':
    case 'text':
      return <Beside sides={sides} of={(side) => <Words task={task} path={path} side={side} />} />;
  }
}

function Beside({ sides, of }: { sides: FileSide[]; of: (side: FileSide) => ReactNode }) {
  const words = useWords();
  return (
    <div className="sides">
      {sides.map((side) => (
        <figure key={side} className="stack">
          {sides.length > 1 && <figcaption className="small faint">{words[side]}</figcaption>}
          {of(side)}
        </figure>
      ))}
    </div>
  );
}

type One = { task: string; path: string; side: FileSide };

/** A frame that can run nothing and knows nothing of this page. */
function Frame({ task, path, side }: One) {
  const words = useWords();
  return (
    <iframe
      className="artifact"
      sandbox=""
      title={`${words[side]}: ${path}`}
      src={tasks.fileUrl(task, path, side)}
    />
  );
}

function Words({ task, path, side }: One) {
  const words = useWords();
  const key = `${task} ${path} ${side}`;
  const { value, error } = useAsked(key, () => tasks.text(task, path, side));
  if (value === null) return error ? <Problem error={error} /> : <Loading />;
  const text = value.slice(0, TEXT_MAX);
  if (text.includes('\0')) return <p className="empty">{words.binary}</p>;
  const cut = text.length < value.length && <p className="faint small">{words.truncated}</p>;
  return (
    <>
      {shownAs(path) === 'markdown' ? <Markdown source={text} label={path} /> : <Lines text={text} path={path} />}
      {cut}
    </>
  );
}

function Lines({ text, path }: { text: string; path: string }) {
  const lines = useMemo(() => text.replace(/\n$/, '').split('\n'), [text]);
  const [code] = useCode(path, [lines.join('\n')]) ?? [];
  return (
    <div className="diff">
      <ManyInBox
        label={path}
        count={lines.length}
        estimate={22}
        keyOf={String}
        row={(index) => (
          <div className="diff-line">
            <span className="diff-number num" aria-hidden="true">
              {index + 1}
            </span>
            <span className="grow pre" dir="auto">
              <CodeLine text={lines[index] ?? ''} runs={code?.[index]} />
            </span>
          </div>
        )}
      />
    </div>
  );
}

function Unread({ why }: { why: string }) {
  const words = useWords();
  return (
    <div className="empty">
      <p>{words.viewer.unread}</p>
      <p>
        <Said text={why} />
      </p>
    </div>
  );
}

const looks = (task: string, path: string, sides: readonly FileSide[]) =>
  Promise.all(sides.map((side) => tasks.look(task, path, side)));

type Both = { task: string; path: string; sides: FileSide[] };

/** The newer version, with what changed marked in its place. */
function SheetsLook({ task, path, sides }: Both) {
  const words = useWords();
  const side = sides.includes('after') ? 'after' : 'before';
  const key = `${task} ${path} ${sides.join()}`;
  const { value, error } = useAsked(key, async () => {
    const [look, diff] = await Promise.all([
      tasks.look(task, path, side),
      sides.length > 1 ? tasks.diff(task, path) : null,
    ]);
    return { look, cells: diff?.form === 'table' ? diff.cells : [] };
  });
  if (!value) return error ? <Problem error={error} /> : <Loading />;
  const { look, cells } = value;
  if (look.form === 'unread') return <Unread why={look.why} />;
  if (look.form === 'paper') return <Paper task={task} path={path} side={side} paper={look.paper} />;
  return (
    <>
      <Sheets sheets={look.sheets} changes={cells} name={path} />
      {look.truncated && <p className="faint small">{words.truncated}</p>}
    </>
  );
}

const paperOf = (look: LookView | undefined): PaperView | null => (look?.form === 'paper' ? look.paper : null);

function PapersLook({ task, path, sides }: Both) {
  const key = `${task} ${path} ${sides.join()}`;
  const { value, error } = useAsked(key, () => looks(task, path, sides));
  const news = useMemo(() => {
    const [before, after] = [paperOf(value?.[0]), paperOf(value?.[1])];
    if (!before || !after) return null;
    const [old, young] = [new Set(linesOfPaper(before)), new Set(linesOfPaper(after))];
    const isMissing = (lines: Set<string>) => (line: string) => line.trim() !== '' && !lines.has(line);
    return { before: isMissing(young), after: isMissing(old) };
  }, [value]);
  if (!value) return error ? <Problem error={error} /> : <Loading />;
  return (
    <Beside
      sides={sides}
      of={(side) => {
        const look = value[sides.indexOf(side)];
        const paper = paperOf(look);
        if (paper) return <Paper task={task} path={path} side={side} paper={paper} isNew={news?.[side]} />;
        if (look?.form === 'sheets') return <Sheets sheets={look.sheets} changes={[]} name={path} />;
        return <Unread why={look?.form === 'unread' ? look.why : ''} />;
      }}
    />
  );
}
