// All changes of a task, page by page.
import { tasks } from '../api/tasks';
import type { ChangesView } from '../api/types';

export async function allChanges(task: string): Promise<ChangesView> {
  const first = await tasks.changes(task, 0);
  const changes = [...first.changes];
  for (let next = first.next; next !== null; ) {
    const page = await tasks.changes(task, next);
    changes.push(...page.changes);
    next = page.next;
  }
  return { ...first, changes };
}
