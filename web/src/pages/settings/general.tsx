// How it looks, how it tells that a task needs somebody, and who is let in.
import { useState } from 'react';
import { forget } from '../../api/tasks';
import { Notifications } from '../../parts/notifications';
import { isOwnComputer } from '../../route';
import { useAct } from '../../state/asked';
import { useCell } from '../../state/cell';
import { link } from '../../state/news';
import { language, letters, look, type Language, type Look } from '../../state/prefs';
import { Button } from '../../ui/button';
import { Sure } from '../../ui/dialog';
import { Choice, Tick } from '../../ui/fields';
import { LANGUAGES, useWords } from '../../words';

const LOOKS: Look[] = ['system', 'light', 'dark'];

export function General() {
  const words = useWords();
  return (
    <>
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
      <section className="stack" aria-labelledby="letters">
        <h2 id="letters">{words.lettersTitle}</h2>
        <Tick isSelected={useCell(letters)} onChange={letters.set}>
          {words.letters}
        </Tick>
        <p className="faint small read">{words.lettersText}</p>
      </section>
      <Notifications />
      {isOwnComputer && <Locks />}
    </>
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
