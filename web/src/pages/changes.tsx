// Every file that a task would change, and what is different in each.
import { useMemo, useState } from 'react';
import type { ChangeView, TaskView } from '../api/types';
import { ApplyBar } from '../parts/apply-bar';
import { ChangeList } from '../parts/change-list';
import { FileView } from '../parts/file-view';
import { useAsked } from '../state/asked';
import { allChanges, isThere } from '../state/changes';
import { useKept } from '../state/selection';
import { Text } from '../ui/fields';
import { Empty, Loading, Problem } from '../ui/told';
import { useWords } from '../words';

const FILTER_FROM = 12;
const NONE: readonly ChangeView[] = [];

export default function Changes({ view, file }: { view: TaskView; file: string | null }) {
  const words = useWords();
  if (!view.changes) return <Empty>{words.changesLater}</Empty>;
  return <Listed view={view} file={file} />;
}

function Listed({ view, file }: { view: TaskView; file: string | null }) {
  const words = useWords();
  // What was applied or undone shows in the list itself.
  const { value, error } = useAsked(`${view.id} ${view.seq}`, () => allChanges(view.id));
  const [filter, setFilter] = useState('');
  const changes = value?.changes ?? NONE;
  const rest = useMemo(() => changes.filter((change) => !isThere(change)), [changes]);
  const kept = useKept(rest);
  if (!value) return error ? <Problem error={error} /> : <Loading />;
  if (changes.length === 0) return <Empty>{words.noChanges}</Empty>;
  const wanted = filter.toLowerCase();
  const fitting = changes.filter((change) => change.path.toLowerCase().includes(wanted));
  const shown = file === null ? null : (changes.find((change) => change.path === file) ?? null);
  return (
    <div className="changes" data-open={shown !== null || undefined}>
      <div className="changes-list stack">
        <ApplyBar view={view} rest={rest} stays={value.stays} kept={kept} />
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
        <ChangeList task={view.id} changes={fitting} kept={kept} open={file} />
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
