// Every file that a task would change, and what is different in each.
import { useState } from 'react';
import { tasks } from '../api/tasks';
import type { ChangesView, TaskView } from '../api/types';
import { ApplyBar } from '../parts/apply-bar';
import { ChangeList } from '../parts/change-list';
import { FileView } from '../parts/file-view';
import { useAsked } from '../state/asked';
import { useKept } from '../state/selection';
import { Text } from '../ui/fields';
import { Empty, Loading, Problem } from '../ui/told';
import { useWords } from '../words';

const FILTER_FROM = 12;

async function all(task: string): Promise<ChangesView> {
  const first = await tasks.changes(task, 0);
  const changes = [...first.changes];
  for (let next = first.next; next !== null; ) {
    const page = await tasks.changes(task, next);
    changes.push(...page.changes);
    next = page.next;
  }
  return { ...first, changes };
}

export default function Changes({ view, file }: { view: TaskView; file: string | null }) {
  const words = useWords();
  if (!view.changes) return <Empty>{words.changesLater}</Empty>;
  return <Listed view={view} file={file} />;
}

function Listed({ view, file }: { view: TaskView; file: string | null }) {
  const words = useWords();
  // What was applied or undone shows in the list itself.
  const { value, error } = useAsked(`${view.id} ${view.seq}`, () => all(view.id));
  const [filter, setFilter] = useState('');
  const changes = value?.changes ?? [];
  const kept = useKept(changes);
  if (!value) return error ? <Problem error={error} /> : <Loading />;
  if (changes.length === 0) return <Empty>{words.noChanges}</Empty>;
  const wanted = filter.toLowerCase();
  const fitting = changes.filter((change) => change.path.toLowerCase().includes(wanted));
  const shown = file === null ? null : (changes.find((change) => change.path === file) ?? null);
  return (
    <div className="changes" data-open={shown !== null || undefined}>
      <div className="changes-list stack">
        <ApplyBar view={view} changes={changes} kept={kept} />
        {changes.length >= FILTER_FROM && (
          <Text
            label={words.filterFiles}
            isLabelUnseen
            isSearch
            hint={words.filterFiles}
            value={filter}
            onChange={setFilter}
          />
        )}
        <ChangeList task={view.id} changes={fitting} kept={kept} open={file} isFixed={view.undoable} />
      </div>
      <div className="changes-file">
        {shown ? (
          <FileView key={shown.path} task={view.id} change={shown} />
        ) : (
          <div className="changes-none">
            <Empty>{words.pickFile}</Empty>
          </div>
        )}
      </div>
    </div>
  );
}
