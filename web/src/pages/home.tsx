// All tasks: what needs the person first, then what runs, then what is finished.
import { useMemo, useState } from 'react';
import type { TaskLine } from '../api/types';
import { Archive } from '../parts/archive';
import { Found } from '../parts/found';
import { groupOf, type Group } from '../parts/status';
import { Offers } from '../parts/offers';
import { TaskRow } from '../parts/task-row';
import { useCell } from '../state/cell';
import { lines } from '../state/news';
import { Button } from '../ui/button';
import { Text } from '../ui/fields';
import { Empty, Loading } from '../ui/told';
import { useWords } from '../words';

const FINISHED_FIRST = 30;
const SEARCH_FROM = 6;
const SEARCH_CHARS = 2;

export function Home() {
  const words = useWords();
  const all = useCell(lines);
  const [search, setSearch] = useState('');
  const groups = useMemo(() => grouped(all), [all]);
  const isSearching = search.trim().length >= SEARCH_CHARS;
  if (!all || !groups) return <Loading />;
  if (all.size === 0) return <Welcome />;
  return (
    <>
      <h1 className="unseen">{words.home}</h1>
      <div className="columns">
        <div className="main">
          {all.size >= SEARCH_FROM && (
            <Text
              label={words.searchTasks}
              isLabelUnseen
              isSearch
              hint={words.searchTasks}
              value={search}
              onChange={setSearch}
            />
          )}
          {isSearching && <Found text={search.trim()} />}
          {!isSearching && (
            <>
              <Part id="needs" title={words.needsYou} lines={groups['needs-you']}>
                <Empty>{words.nothingNeeded}</Empty>
              </Part>
              <Part id="running" title={words.running} lines={groups.running} />
              <Part id="finished" title={words.finished} lines={groups.finished} />
              {groups.away.length > 0 && (
                <details>
                  <summary className="faint">{words.away(groups.away.length)}</summary>
                  <Part id="away" title={words.awayTitle} lines={groups.away} />
                </details>
              )}
            </>
          )}
        </div>
        <div className="aside">
          <Offers />
        </div>
      </div>
    </>
  );
}

function grouped(all: ReadonlyMap<string, TaskLine> | null) {
  if (!all) return null;
  const groups: Record<Group, TaskLine[]> = { 'needs-you': [], running: [], finished: [], away: [] };
  for (const line of all.values()) {
    // A helper stands on the page of its task, unless the person is waited for.
    if (line.parent !== null && line.status !== 'waiting') continue;
    groups[groupOf(line)].push(line);
  }
  // What waits longest comes first; of the rest, what is newest.
  groups['needs-you'].sort((a, b) => a.created_at - b.created_at);
  groups.running.sort((a, b) => b.created_at - a.created_at);
  groups.finished.sort((a, b) => b.created_at - a.created_at);
  groups.away.sort((a, b) => b.created_at - a.created_at);
  return groups;
}

type PartProps = { id: string; title: string; lines: TaskLine[]; children?: React.ReactNode };

/** What rests and still asks for a look, and what was put away. */
const canArchive = (line: TaskLine) =>
  line.archived || (groupOf(line) === 'needs-you' && line.status !== 'waiting');

function Part({ id, title, lines: shown, children }: PartProps) {
  const words = useWords();
  const [isWhole, setWhole] = useState(false);
  const now = Date.now();
  if (shown.length === 0 && !children) return null;
  const some = isWhole ? shown : shown.slice(0, FINISHED_FIRST);
  return (
    <section className="stack" aria-labelledby={id}>
      <h2 id={id}>
        {title} {shown.length > 0 && <span className="faint num">{shown.length}</span>}
      </h2>
      {shown.length === 0 && children}
      {some.length > 0 && (
        <ul className="task-list">
          {some.map((line) => (
            <li key={line.id} className="task-line">
              <TaskRow line={line} now={now} />
              {canArchive(line) && <Archive line={line} small />}
            </li>
          ))}
        </ul>
      )}
      {some.length < shown.length && (
        <Button kind="quiet" onPress={() => setWhole(true)}>
          {words.more(shown.length - some.length)}
        </Button>
      )}
    </section>
  );
}

function Welcome() {
  const words = useWords();
  return (
    <div className="stack welcome">
      <h1>{words.welcome}</h1>
      <p className="read">{words.welcomeText}</p>
      <Offers />
    </div>
  );
}
