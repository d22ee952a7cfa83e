// Where a file came from: what was asked, what was read, who decided, what wrote it, and row by row.
import { useState, type ReactNode } from 'react';
import { tasks } from '../../api/tasks';
import type { Decided, Provenance, Reading, RowFrom, Write } from '../../api/types';
import { itemAddress } from '../../route';
import { useAsked } from '../../state/asked';
import { Link } from '../../ui/button';
import { Icon, type IconName } from '../../ui/icon';
import { PathName } from '../../ui/path';
import { Loading, Problem } from '../../ui/told';
import { useWords, when } from '../../words';
import { useSpoken, type Spoken } from '../../words/planned';

export default function From({ task, path }: { task: string; path: string }) {
  const { value, error } = useAsked(`${task} ${path}`, () => tasks.provenance(task, path));
  if (!value) return error ? <Problem error={error} /> : <Loading />;
  return <Chain task={task} found={value} />;
}

function Chain({ task, found }: { task: string; found: Provenance }) {
  const words = useWords().viewer.from;
  const applied = found.decisions.filter((it) => it.what === 'applied');
  const decided = found.decisions.filter((it) => it.what !== 'applied');
  return (
    <ol className="chain" aria-label={words.title}>
      <Part icon="pen" title={words.asked}>
        <p dir="auto" className="pre">{found.request}</p>
        <p className="faint small">{words.by(found.mind)}</p>
      </Part>
      {found.readings.length > 0 && (
        <Part icon="search" title={words.read(new Set(found.readings.map((it) => it.path)).size)}>
          <Some of={found.readings} first={6} row={(it) => <ReadRow task={task} reading={it} />} />
        </Part>
      )}
      {decided.length > 0 && (
        <Part icon="check" title={words.decided}>
          <Some of={decided} first={6} row={(it) => <DecidedRow task={task} decided={it} />} />
        </Part>
      )}
      <Part icon="file" title={madeTitle(found, words)}>
        <Some of={found.writes} first={6} row={(it) => <WriteRow task={task} write={it} />} />
      </Part>
      {found.rows.length > 0 && (
        <Part icon="grip" title={words.rows}>
          <Rows task={task} rows={found.rows} />
        </Part>
      )}
      {applied.map((it, index) => (
        <Part key={index} icon="door" title={words.applied}>
          <DecidedRow task={task} decided={it} />
        </Part>
      ))}
      {found.truncated && <li className="faint small">{words.more}</li>}
    </ol>
  );
}

type FromWords = ReturnType<typeof useWords>['viewer']['from'];

function madeTitle(found: Provenance, words: FromWords): string {
  if (found.certain) return words.made;
  return found.writes.length > 0 ? words.mayBe : words.unknown;
}

function Part({ icon, title, children }: { icon: IconName; title: string; children: ReactNode }) {
  return (
    <li className="story-line">
      <Icon name={icon} />
      <div className="grow">
        <p className="strong">{title}</p>
        {children}
      </div>
    </li>
  );
}

/** The first few, and all on asking. */
function Some<T>({ of, first, row }: { of: readonly T[]; first: number; row: (it: T) => ReactNode }) {
  const words = useWords();
  const [most, setMost] = useState(first);
  const rest = of.length - most;
  return (
    <ul className="from-list">
      {of.slice(0, most).map((it, index) => (
        <li key={index}>{row(it)}</li>
      ))}
      {rest > 0 && (
        <li>
          <button type="button" className="as-link small" onClick={() => setMost(most + 500)}>
            {words.more(rest)}
          </button>
        </li>
      )}
    </ul>
  );
}

function ReadRow({ task, reading }: { task: string; reading: Reading }) {
  const words = useWords().viewer.from;
  return (
    <Link to={itemAddress(task, reading.key)} className="from-link">
      <PathName path={reading.path} />
      <span className="small faint">
        {reading.tool.replaceAll('_', ' ')}
        {reading.named && ` · ${words.named}`}
      </span>
    </Link>
  );
}

function decidedText(decided: Decided, words: FromWords, { asked }: Spoken): string {
  if (decided.what === 'plan') return words.plan;
  if (decided.what === 'terminal') return words.terminal;
  return asked(decided.text);
}

function DecidedRow({ task, decided }: { task: string; decided: Decided }) {
  const words = useWords().viewer.from;
  const spoken = useSpoken();
  const text = decidedText(decided, words, spoken);
  const inside = (
    <>
      <span dir="auto">{[text, spoken.asked(decided.answer)].filter(Boolean).join(' → ')}</span>
      <span className="small faint">
        {decided.by === 'standing' ? words.inAdvance : words.byYou}
        {decided.at !== null && ` · ${when(decided.at, Date.now())}`}
      </span>
    </>
  );
  if (!decided.key) return <div className="from-link">{inside}</div>;
  return (
    <Link to={itemAddress(task, decided.key)} className="from-link">
      {inside}
    </Link>
  );
}

function WriteRow({ task, write }: { task: string; write: Write }) {
  const words = useWords().viewer.from;
  return (
    <div>
      <Link to={itemAddress(task, write.key)} className="from-link">
        <span>
          <span className="strong">{write.tool.replaceAll('_', ' ')}</span>{' '}
          <bdi className="mono small">{write.subject}</bdi>
        </span>
        <span className="small faint num">
          {words.turn(write.turn)}
          {write.step && (
            <>
              {' · '}
              <bdi>{write.step}</bdi>
            </>
          )}
          {` · ${when(write.at, Date.now())}`}
        </span>
        {write.from && <span className="small faint">{words.was(write.from)}</span>}
      </Link>
      {write.said && (
        <details className="small">
          <summary className="faint">{words.said}</summary>
          <p className="pre" dir="auto">{write.said}</p>
        </details>
      )}
    </div>
  );
}

function Rows({ task, rows }: { task: string; rows: readonly RowFrom[] }) {
  const words = useWords();
  const [most, setMost] = useState(8);
  return (
    <>
      <table className="from-rows small">
        <tbody>
          {rows.slice(0, most).map((it, index) => (
            <tr key={index}>
              <th scope="row" className="faint num">
                <bdi>{it.sheet}</bdi> {it.row}
              </th>
              <td>
                {it.key ? (
                  <Link to={itemAddress(task, it.key)}>
                    <bdi>{it.path}</bdi>
                  </Link>
                ) : (
                  <bdi>{it.path}</bdi>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > most && (
        <button type="button" className="as-link small" onClick={() => setMost(most + 1000)}>
          {words.more(rows.length - most)}
        </button>
      )}
    </>
  );
}
