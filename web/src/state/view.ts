// A task as the daemon shows it, asked for again whenever its line changes.
import { useEffect, useState } from 'react';
import { errorOf } from '../api/call';
import { tasks } from '../api/tasks';
import type { TaskView, UserError } from '../api/types';
import { cell, useCell } from './cell';
import { lines, link } from './news';

const views = cell<ReadonlyMap<string, TaskView>>(new Map());

export function keep(view: TaskView) {
  const known = views.get().get(view.id);
  // An answer that was overtaken by a newer one is not shown.
  if (known && known.seq > view.seq) return;
  views.set(new Map(views.get()).set(view.id, view));
}

export function useTask(task: string): { view: TaskView | null; error: UserError | null } {
  const view = useCell(views).get(task) ?? null;
  const line = useCell(lines)?.get(task);
  const state = useCell(link);
  const [error, setError] = useState<UserError | null>(null);
  useEffect(() => {
    let isOver = false;
    tasks.show(task).then(
      (shown) => {
        keep(shown);
        if (!isOver) setError(null);
      },
      (thrown: unknown) => !isOver && setError(errorOf(thrown)),
    );
    return () => {
      isOver = true;
    };
  }, [task, line, state]);
  return { view, error };
}
