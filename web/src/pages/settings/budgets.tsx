// What tasks may spend, and how much their machines may take.
import { useState } from 'react';
import type { SettingsView, SettingView } from '../../api/types';
import { useAct } from '../../state/asked';
import { holding, put, useSettings } from '../../state/settings';
import { Button } from '../../ui/button';
import { Text } from '../../ui/fields';
import { Loading, Said } from '../../ui/told';
import { useWords } from '../../words';

const SPENT = ['budget.cents', 'budget.minutes', 'budget.calls', 'budget.turns', 'budget.tokens'];
const MACHINE = ['machine.memory_mib', 'machine.processes', 'machine.file_mib'];

export default function Budgets() {
  const words = useWords();
  const view = useSettings();
  if (!view) return <Loading />;
  const of = (keys: string[]) =>
    keys.flatMap((key) => view.settings.filter((it) => it.key === key)).map((it) => (
      <Amount key={it.key} setting={it} />
    ));
  return (
    <>
      <p className="read">{words.set.budgetsText}</p>
      <div className="stack wide">{of(SPENT)}</div>
      <h2>{words.set.machineTitle}</h2>
      <div className="stack wide">{of(MACHINE)}</div>
      <File view={view} />
    </>
  );
}

export function File({ view }: { view: SettingsView }) {
  const words = useWords();
  return <p className="faint small breaks">{words.set.file(view.file)}</p>;
}

export function Amount({ setting, onChanged }: { setting: SettingView; onChanged?: () => void }) {
  const words = useWords();
  const { isBusy, act } = useAct();
  const now = String(holding(setting) ?? '');
  const [text, setText] = useState<string | null>(null);
  const bounds = setting.form.kind === 'number' ? setting.form : { least: 0, most: 0 };
  const shown = text ?? now;
  const number = Number(shown);
  const fits = /^\d+$/.test(shown) && number >= bounds.least && number <= bounds.most;
  const isNew = text !== null && text !== now;
  const save = () =>
    act(async () => {
      await put(setting.key, number, words);
      setText(null);
      onChanged?.();
    });
  const reset = () => act(() => put(setting.key, null, words).then(onChanged));
  return (
    <div className="stack">
      <div className="row amount">
        <div className="grow">
          <Text
            label={words.set.keys[setting.key] ?? setting.meaning}
            value={shown}
            onChange={setText}
            onEnter={() => isNew && fits && void save()}
          />
        </div>
        {isNew && (
          <Button kind="key" isDisabled={!fits || isBusy} onPress={() => void save()}>
            {words.set.save}
          </Button>
        )}
        {!isNew && setting.value !== null && setting.usual !== null && (
          <Button kind="quiet" isDisabled={isBusy} onPress={() => void reset()}>
            {words.set.backToUsual}
          </Button>
        )}
      </div>
      <p className="faint small num">
        {isNew && !fits
          ? words.set.range(bounds.least.toLocaleString(), bounds.most.toLocaleString())
          : words.set.usual(Number(setting.usual ?? 0).toLocaleString())}
      </p>
      {setting.locked && (
        <p className="small">
          <Said text={setting.locked} />
        </p>
      )}
    </div>
  );
}
