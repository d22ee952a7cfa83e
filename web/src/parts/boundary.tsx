// What a task may do, in plain words.
import type { Plan, TaskView } from '../api/types';
import { duration, useWords } from '../words';

export function Boundary({ view, plan }: { view: TaskView; plan: Plan }) {
  const words = useWords();
  const { writes, budget } = plan.boundary;
  const lines = [
    writes.length > 0 ? words.mayWrite(writes.join(', ')) : words.mayWriteNothing,
    view.egress.length > 0 ? words.mayReach(view.egress.join('; ')) : words.mayReachNothing,
    words.mayTake(budget.calls_max, duration(budget.work_ms_max)),
  ];
  return (
    <section className="stack" aria-label={words.boundary}>
      <h3>{words.boundary}</h3>
      <ul className="boundary">
        {lines.map((line) => (
          <li key={line} dir="auto">
            {line}
          </li>
        ))}
        {plan.estimate && <li dir="auto">{plan.estimate}</li>}
      </ul>
    </section>
  );
}
