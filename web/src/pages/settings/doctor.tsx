// What is there, what is missing, and what can be mended with one press.
import { house } from '../../api/house';
import type { DoctorState, DoctorView } from '../../api/types';
import { useAct, useAsked } from '../../state/asked';
import { toast } from '../../state/toasts';
import { Button } from '../../ui/button';
import { Chip, Loading, Problem, Said, type Tone } from '../../ui/told';
import { useWords } from '../../words';
import { asSaid } from '../../words/said';

const TONES: Record<DoctorState, Tone> = { good: 'good', warning: 'wait', broken: 'bad' };

export default function Doctor() {
  const words = useWords();
  const { value: view, error, again, put } = useAsked('doctor', house.doctor);
  return (
    <section className="stack" aria-labelledby="doctor">
      <div className="row wrap">
        <h2 id="doctor" className="grow read">
          {words.doctor}
        </h2>
        <Button onPress={again}>{words.doctorAgain}</Button>
      </div>
      {error && <Problem error={error} />}
      {!view && !error && <Loading />}
      {view && view.fixes.length > 0 && <Fixes view={view} onMended={put} />}
      <ul className="findings">
        {view?.findings.map((finding) => (
          <li key={finding.what} className="finding">
            <div className="row">
              <span className="grow strong">
                <Said text={finding.what} />
              </span>
              <Chip tone={TONES[finding.state]}>{words.states[finding.state]}</Chip>
            </div>
            <p className="small faint breaks">
              <Said text={finding.detail} />
            </p>
            {finding.next && (
              <p className="small">
                {words.next}: <Said text={finding.next} />
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
              <p className="breaks">
                <Said text={fix.what} />
              </p>
              <p className="small faint">{words.set.fixWould(asSaid(fix.label))}</p>
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
