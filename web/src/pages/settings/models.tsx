// What this computer can use to think, found by itself; each can be tested, and one is the default.
import { useState } from 'react';
import { errorOf } from '../../api/call';
import { house } from '../../api/house';
import type { ModelLine, ModelTested, UserError } from '../../api/types';
import { useAct, useAsked } from '../../state/asked';
import { holding, put, settingOf, useSettings } from '../../state/settings';
import { Button } from '../../ui/button';
import { Chip, Empty, Loading, Problem } from '../../ui/told';
import { language } from '../../state/prefs';
import { useWords } from '../../words';
import { asSaid } from '../../words/said';
import { Answered } from './answered';
import { Keys } from './keys';
import { Lines } from './lines';

const nameOf = (line: ModelLine) => `${line.provider}/${line.model}`;
/** A family of models, or nothing that can be asked. */
const isOne = (line: ModelLine) => !/[*…]$/.test(line.model);

export default function Models() {
  const words = useWords();
  const { value, error, again, put: know } = useAsked('models', house.models);
  const settings = useSettings();
  const { isBusy, act } = useAct();
  const chosen = settingOf(settings, 'models.default');
  const choose = (name: string | null) =>
    act(async () => {
      await put('models.default', name, words);
      again();
    });
  return (
    <>
      <div className="row wrap">
        <p className="read grow">{words.set.modelsText}</p>
        <Button onPress={again}>{words.set.modelsLook}</Button>
      </div>
      {error && <Problem error={error} />}
      {!value && !error && <Loading />}
      {value && value.models.length === 0 && <Empty>{words.set.modelsNone}</Empty>}
      <ul className="findings">
        {value?.models.map((line) => (
          <li key={nameOf(line)} className="finding">
            <Model line={line} isBusy={isBusy} onChoose={() => void choose(nameOf(line))} />
          </li>
        ))}
      </ul>
      {chosen?.value != null && (
        <div className="row wrap">
          <bdi className="mono grow">{String(holding(chosen))}</bdi>
          <Button isDisabled={isBusy} onPress={() => void choose(null)}>
            {words.set.automatic}
          </Button>
        </div>
      )}
      <Keys providers={value?.providers ?? []} onChanged={know} />
      <Lines setting={settingOf(settings, 'models.servers')} title={words.set.serversTitle} hint={words.set.serversHint} />
    </>
  );
}

type ModelProps = { line: ModelLine; isBusy: boolean; onChoose: () => void };

function Model({ line, isBusy, onChoose }: ModelProps) {
  const words = useWords();
  const [said, setSaid] = useState<ModelTested | UserError | 'asking' | null>(null);
  const name = nameOf(line);
  const test = () => {
    setSaid('asking');
    // A family is asked by its provider's usual member.
    const asked = isOne(line) ? name : line.provider;
    house.testModel(asked).then(setSaid, (thrown: unknown) => setSaid(errorOf(thrown)));
  };
  return (
    <>
      <div className="row wrap">
        <div className="grow">
          <bdi className="strong">{name}</bdi>
          <p className="small faint" dir="auto">
            {[asSaid(line.whence), line.window && words.set.reads(line.window.toLocaleString(language.get())), asSaid(line.price)]
              .filter(Boolean)
              .join(' · ')}
          </p>
        </div>
        {line.is_default ? (
          <Chip tone="good">{words.set.isDefault}</Chip>
        ) : (
          isOne(line) && (
            <Button
              small
              isDisabled={isBusy}
              aria-label={words.set.makeDefaultOf(name)}
              onPress={onChoose}
            >
              {words.set.makeDefault}
            </Button>
          )
        )}
        <Button small isDisabled={said === 'asking'} aria-label={words.set.testOf(name)} onPress={test}>
          {words.set.test}
        </Button>
      </div>
      <div role="status">{said && <Said said={said} />}</div>
    </>
  );
}

function Said({ said }: { said: ModelTested | UserError | 'asking' }) {
  const words = useWords();
  if (said === 'asking') return <p className="faint small">{words.set.testing}</p>;
  if ('what' in said) return <Problem error={said} />;
  return <Answered tested={said} />;
}
