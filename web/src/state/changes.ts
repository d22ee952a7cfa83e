// All changes of a task, page by page, as people look for them.
import { tasks } from '../api/tasks';
import type { ChangesView, ChangeView } from '../api/types';
import { sorted } from './natural';

export async function allChanges(task: string): Promise<ChangesView> {
  const first = await tasks.changes(task, 0);
  const changes = [...first.changes];
  for (let next = first.next; next !== null; ) {
    const page = await tasks.changes(task, next);
    changes.push(...page.changes);
    next = page.next;
  }
  return { ...first, changes: sorted(changes, (it) => it.path) };
}

/** Whether it is in the person's folder now. */
export const isThere = ({ became }: ChangeView) => became === 'applied' || became === 'conflict';
