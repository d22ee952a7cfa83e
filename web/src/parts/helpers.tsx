// The helpers of a task, each of which is a task of its own; and whose helper this one is.
import type { TaskView } from '../api/types';
import { taskAddress } from '../route';
import { Link } from '../ui/button';
import { useWords } from '../words';
import { useSpoken } from '../words/planned';

export function Helpers({ view }: { view: TaskView }) {
  const words = useWords();
  const { asked } = useSpoken();
  return (
    <>
      {view.parent && (
        <div>
          <Link to={taskAddress(view.parent, 'work')}>{words.helperOf}</Link>
        </div>
      )}
      {view.helpers.length > 0 && (
        <section className="stack" aria-labelledby="helpers">
          <h2 id="helpers">{words.helpers}</h2>
          <ul className="task-list">
            {view.helpers.map((helper) => (
              <li key={helper.id}>
                <Link to={taskAddress(helper.id, 'work')} className="task-row">
                  <span className="task-request" dir="auto">
                    {helper.request}
                  </span>
                  <span className="task-now small faint" dir="auto">
                    {helper.asks ? asked(helper.asks) : helper.is_over ? words.helperOver : ''}
                  </span>
                </Link>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
