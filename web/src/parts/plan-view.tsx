// The plan as it is being worked off.
import type { Plan, Step, StepState } from '../api/types';
import { Icon, type IconName } from '../ui/icon';
import { useWords } from '../words';
import { useSpoken } from '../words/planned';
import { wayOf } from '../words/way';
import { Marks } from './step-marks';

const MARKS: Record<StepState, IconName | null> = {
  planned: null,
  current: 'next',
  finished: 'check',
  struck: 'minus',
};

const LONG_PLAN = 8;

export function PlanView({ plan }: { plan: Plan }) {
  const words = useWords();
  const { planned } = useSpoken();
  return (
    <section className="stack" aria-labelledby="plan">
      <h2 id="plan">{words.plan}</h2>
      <ol
        className="stack plan-steps"
        // What may have to be scrolled has to be reached.
        tabIndex={plan.steps.length > LONG_PLAN ? 0 : undefined}
      >
        {plan.steps.map((step) => {
          const mark = MARKS[step.state];
          return (
            <li key={step.id} className="plan-step" data-state={step.state}>
              <span className="step-mark" role="img" aria-label={words.stepState[step.state]}>
                {mark && <Icon name={mark} />}
              </span>
              <div className="grow">
                <span dir={wayOf(planned(step.text))}>{step.state === 'struck' ? <s>{planned(step.text)}</s> : planned(step.text)}</span>
                <Marks step={step} />
                <Details step={step} />
              </div>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

/** What a step touches, folded. */
export function Details({ step }: { step: Step }) {
  const words = useWords();
  const { planned } = useSpoken();
  const details = step.details ?? [];
  if (details.length === 0) return null;
  return (
    <details className="small">
      <summary className="faint">{words.details(details.length)}</summary>
      <ul className="detail-list">
        {details.map((line, index) => (
          <li key={index} dir="auto">
            {planned(line)}
          </li>
        ))}
      </ul>
    </details>
  );
}
