// What is there, what is missing, and what can be mended with one press.
import { useState } from 'react';
import { house } from '../../api/house';
import type { DoctorState, DoctorView } from '../../api/types';
import { useAct, useAsked } from '../../state/asked';
import { toast } from '../../state/toasts';
import { Button } from '../../ui/button';
import { Chip, Loading, Problem, Sentence, type Tone } from '../../ui/told';
import { useWords } from '../../words';

const TONES: Record<DoctorState, Tone> = { good: 'good', warning: 'wait', broken: 'bad' };

export default function Doctor() {
  const words = useWords();
  const { value, error, again } = useAsked('doctor', house.doctor);
  const [mended, setMended] = useState<DoctorView | null>(null);
  const view = mended ?? value;
  const look = () => {
    setMended(null);
    again();
  };
  return (
    <section className="stack" aria-labelledby="doctor">
      <div className="row wrap">
        <h2 id="doctor" className="grow">
          {words.doctor}
        </h2>
        <Button onPress={look}>{words.doctorAgain}</Button>
      </div>
      {error && <Problem error={error} />}
      {!view && !error && <Loading />}
      {view && view.fixes.length > 0 && <Fixes view={view} onMended={setMended} />}
      <ul className="findings">
        {view?.findings.map((finding) => (
          <li key={finding.what} className="finding">
            <div className="row">
              <span className="grow strong">
                <Sentence text={finding.what} />
              </span>
              <Chip tone={TONES[finding.state]}>{words.states[finding.state]}</Chip>
            </div>
            <p className="small faint breaks" dir="auto">
              <Sentence text={finding.detail} />
            </p>
            {finding.next && (
              <p className="small" dir="auto">
                {words.next}: <Sentence text={finding.next} />
              </p>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

type FixesProps = { view: DoctorView; onMended: (view: DoctorView) => void };

function Fixes({ view, onMended }: FixesProps) {
  const words = useWords();
  const { isBusy, act } = useAct();
  const mend = (id: string) =>
    act(async () => {
      onMended(await house.fix(id));
      toast({ tone: 'good', text: words.set.fixed });
    });
  return (
    <div className="card" data-tone="wait">
      <h3>{words.set.fixesTitle}</h3>
      <ul className="stack">
        {view.fixes.map((fix) => (
          <li key={fix.id} className="row wrap">
            <div className="grow">
              <p dir="auto" className="breaks">
                {fix.what}
              </p>
              <p className="small faint">{words.set.fixWould(fix.label)}</p>
            </div>
            <Button kind="key" isDisabled={isBusy} onPress={() => void mend(fix.id)}>
              {words.set.fix}
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}
