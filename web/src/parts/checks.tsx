// What done means, and the evidence for it.
import type { CheckState, CheckView } from '../api/types';
import { Icon, type IconName } from '../ui/icon';
import { useWords } from '../words';
import { useSpoken } from '../words/planned';
import { asSaid } from '../words/said';
import { wayOf } from '../words/way';

const MARKS: Record<CheckState, IconName | null> = {
  open: null,
  running: 'next',
  passed: 'check',
  failed: 'bang',
};

export function Checks({ checks }: { checks: CheckView[] }) {
  const words = useWords();
  const { planned } = useSpoken();
  if (checks.length === 0) return null;
  return (
    <section className="stack" aria-label={words.checks}>
      <h3>{words.checks}</h3>
      <ul className="stack">
        {checks.map((check) => {
          const mark = MARKS[check.state];
          return (
            <li key={check.id} className="check" data-state={check.state}>
              <span className="check-mark" role="img" aria-label={words.checkState[check.state]}>
                {mark && <Icon name={mark} />}
              </span>
              <div className="grow">
                <span dir={wayOf(planned(check.text))}>{planned(check.text)}</span>
                {check.evidence.length > 0 && (
                  <details className="small" open={check.state === 'failed'}>
                    <summary className="faint">{words.evidence}</summary>
                    <ul className="detail-list">
                      {check.evidence.map((line, index) => (
                        <li key={index} dir="auto">
                          {asSaid(line)}
                        </li>
                      ))}
                    </ul>
                  </details>
                )}
              </div>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
