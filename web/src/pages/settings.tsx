// How it looks, what is there and what is missing, and who is let in.
import { useState } from 'react';
import { doctor, forget } from '../api/tasks';
import type { DoctorState } from '../api/types';
import { useAct, useAsked } from '../state/asked';
import { useCell } from '../state/cell';
import { link } from '../state/news';
import { language, look, type Language, type Look } from '../state/prefs';
import { Button } from '../ui/button';
import { Sure } from '../ui/dialog';
import { Choice } from '../ui/fields';
import { Chip, Loading, Problem, type Tone } from '../ui/told';
import { LANGUAGES, useWords } from '../words';

const TONES: Record<DoctorState, Tone> = { good: 'good', warning: 'wait', broken: 'bad' };
const LOOKS: Look[] = ['system', 'light', 'dark'];

export function Settings() {
  const words = useWords();
  return (
    <div className="main form">
      <h1>{words.settings}</h1>
      <Doctor />
      <div className="pair">
        <Choice
          label={words.lookTitle}
          value={useCell(look)}
          onChange={(key) => look.set(key as Look)}
          options={LOOKS.map((key) => ({ key, label: words.looks[key] }))}
        />
        <Choice
          label={words.languageTitle}
          value={useCell(language)}
          onChange={(key) => language.set(key as Language)}
          options={LANGUAGES.map(([key, label]) => ({ key, label }))}
        />
      </div>
      <Locks />
    </div>
  );
}

function Doctor() {
  const words = useWords();
  const { value, error, again } = useAsked('doctor', doctor);
  return (
    <section className="stack" aria-labelledby="doctor">
      <div className="row wrap">
        <h2 id="doctor" className="grow">
          {words.doctor}
        </h2>
        <Button onPress={again}>{words.doctorAgain}</Button>
      </div>
      {error && <Problem error={error} />}
      {!value && !error && <Loading />}
      <ul className="findings">
        {value?.findings.map((finding) => (
          <li key={finding.what} className="finding">
            <div className="row">
              <span className="grow strong">{finding.what}</span>
              <Chip tone={TONES[finding.state]}>{words.states[finding.state]}</Chip>
            </div>
            <p className="small faint" dir="auto">
              {finding.detail}
            </p>
            {finding.next && (
              <p className="small" dir="auto">
                {words.next}: {finding.next}
              </p>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Locks() {
  const words = useWords();
  const { act } = useAct();
  const [isSure, setSure] = useState(false);
  const lock = () =>
    act(async () => {
      await forget();
      link.set('locked');
    });
  return (
    <section className="stack" aria-labelledby="lock">
      <h2 id="lock">{words.lockTitle}</h2>
      <p className="read">{words.lockText}</p>
      <div>
        <Button kind="bad" onPress={() => setSure(true)}>
          {words.lock}
        </Button>
      </div>
      <Sure
        isOpen={isSure}
        onClose={() => setSure(false)}
        title={words.lock}
        text={words.lockSure}
        yes={words.lock}
        onYes={() => void lock()}
      />
    </section>
  );
}
