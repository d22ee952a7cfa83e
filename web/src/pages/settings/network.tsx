// What every task may reach, what an administrator set above that, and the secrets.
import { useState } from 'react';
import { house } from '../../api/house';
import type { EgressWordsView, SettingsView, StandingView } from '../../api/types';
import { useAct, useAsked } from '../../state/asked';
import { useSettings } from '../../state/settings';
import { Button } from '../../ui/button';
import { Text } from '../../ui/fields';
import { Empty, Loading, Problem } from '../../ui/told';
import { useWords } from '../../words';
import { Rule, Rules } from '../../parts/rule';
import { ruleText } from '../../words/rule';
import { Secrets } from './secrets';

export default function Network() {
  const settings = useSettings();
  return (
    <>
      <Standing />
      <Managed view={settings} />
      <Secrets />
    </>
  );
}

function Standing() {
  const words = useWords();
  const { value: view, error, put } = useAsked('standing', house.standing);
  const { isBusy, act } = useAct();
  const forget = (rule: string) =>
    act(async () => put(await house.setStanding([], [rule])));
  return (
    <section className="stack" aria-labelledby="standing">
      <h2 id="standing">{words.set.rulesTitle}</h2>
      <p className="read">{words.set.rulesText}</p>
      {error && <Problem error={error} />}
      {!view && !error && <Loading />}
      {view && view.rules.length === 0 && <Empty>{words.set.rulesNone}</Empty>}
      <ul className="findings">
        {view?.rules.map((rule) => (
          <li key={rule} className="finding row">
            <div className="grow">
              <Rule line={rule} />
            </div>
            <Button
              small
              isDisabled={isBusy}
              aria-label={words.set.forgetOf(ruleText(rule) ?? rule)}
              onPress={() => void forget(rule)}
            >
              {words.set.forget}
            </Button>
          </li>
        ))}
      </ul>
      <Add onKept={put} />
      {view?.presets.map((preset) => (
        <details key={preset.words} className="small">
          <summary>
            {words.set.presets}: {words.set.presetMeans(preset.words)}
          </summary>
          <Rules rules={preset.rules} notes={preset.notes} />
        </details>
      ))}
    </section>
  );
}

function Add({ onKept }: { onKept: (view: StandingView) => void }) {
  const words = useWords();
  const { isBusy, act } = useAct();
  const [text, setText] = useState('');
  const [meant, setMeant] = useState<EgressWordsView | null>(null);
  const understand = () => act(async () => setMeant(await house.words(text)));
  const keep = () =>
    act(async () => {
      onKept(await house.setStanding(meant?.rules ?? [], []));
      setMeant(null);
      setText('');
    });
  const write = (next: string) => {
    setText(next);
    setMeant(null);
  };
  return (
    <>
      <div className="row say">
        <div className="grow">
          <Text
            label={words.set.addRule}
            hint={words.set.addRuleHint}
            value={text}
            onChange={write}
            onEnter={() => void understand()}
          />
        </div>
        <Button isDisabled={!text.trim() || isBusy} onPress={() => void understand()}>
          {words.add}
        </Button>
      </div>
      {meant && (
        <div className="card" data-tone="wait">
          <p className="strong">{words.set.means}</p>
          <Rules rules={meant.rules} notes={meant.notes} />
          <div className="row">
            <Button kind="key" isDisabled={isBusy} onPress={() => void keep()}>
              {words.set.keep}
            </Button>
            <Button onPress={() => setMeant(null)}>{words.cancel}</Button>
          </div>
        </div>
      )}
    </>
  );
}

function Managed({ view }: { view: SettingsView | null }) {
  const words = useWords();
  if (!view || view.managed.length === 0) return null;
  return (
    <section className="stack" aria-labelledby="managed">
      <h2 id="managed">{words.set.managedTitle}</h2>
      <p className="read">{words.set.managedText}</p>
      <ul className="findings">
        {view.managed.map((line, index) => (
          <li key={index} className="finding">
            <span className="faint small">{words.set.managed[line.what]}</span>
            <div className="strong">
              <Rule line={line.text} />
            </div>
            <p dir="auto" className="small">
              {line.reason || words.set.noReason}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
