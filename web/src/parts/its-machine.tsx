// The machine of a task: what separates it from this computer, what it takes, and what runs in it.
import { useEffect, useState } from 'react';
import { tasks } from '../api/tasks';
import type { ItsMachineView, TaskView } from '../api/types';
import { isOwnComputer } from '../route';
import { useAsked } from '../state/asked';
import { size, useWords } from '../words';
import { asSaid } from '../words/said';

/** Only while somebody looks at what runs: counting is work. */
const EVERY_MS = 3000;

export function ItsMachine({ view }: { view: TaskView }) {
  const words = useWords();
  const its = words.itsMachineNow;
  const [isOpen, setOpen] = useState(false);
  const { value, again } = useAsked(`${view.id} ${view.status} ${view.isolation}`, () => tasks.machine(view.id));
  const isRunning = value?.machine.is_running ?? false;
  useEffect(() => {
    if (!isOpen || !isRunning) return;
    const timer = setInterval(() => !document.hidden && again(), EVERY_MS);
    return () => clearInterval(timer);
  }, [isOpen, isRunning, again]);
  const isOver = view.rest !== null;
  return (
    <section className="stack" aria-labelledby="its-machine">
      <h3 id="its-machine">{words.itsMachine}</h3>
      <p className="small">{view.isolation ? words.isolation[view.isolation] : words.isolationNone}</p>
      {value && view.isolation && (
        <>
          <p className="small num">
            {isRunning ? its.runs : isOver ? its.ended : its.shut}
            {' '}
            {its.disk(size(value.machine.folders_bytes + value.machine.system_bytes))}
          </p>
          {isRunning && (
            <details className="small" onToggle={(event) => setOpen(event.currentTarget.open)}>
              <summary className="faint">{its.programs}</summary>
              <Programs told={value} />
            </details>
          )}
        </>
      )}
      {view.isolation && !isOver && isOwnComputer && (
        <p className="small">
          {/* A document of its own, since it has a policy of its own. */}
          <a href={`/tasks/${view.id}/terminal`} target="_blank" rel="noopener">
            {words.viewer.terminal.open}
          </a>
        </p>
      )}
    </section>
  );
}

function Programs({ told }: { told: ItsMachineView }) {
  const words = useWords();
  const its = words.itsMachineNow;
  if (told.untold) return <p className="faint">{asSaid(told.untold)}</p>;
  if (told.programs.length === 0) return <p className="faint">{its.idle}</p>;
  return (
    <ul className="detail-list" tabIndex={0} aria-label={its.list}>
      {told.programs.map((it) => (
        <li key={it.id} className="program">
          <bdi className="mono cut grow" dir="ltr" title={it.command}>
            {it.command}
          </bdi>
          <span className="num">{size(it.memory_bytes)}</span>
        </li>
      ))}
      {told.are_more && <li className="faint">{its.more}</li>}
    </ul>
  );
}
