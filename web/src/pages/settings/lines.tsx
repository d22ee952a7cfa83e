// A setting that is a list of texts, one in each line.
import { useState } from 'react';
import type { SettingView } from '../../api/types';
import { useAct } from '../../state/asked';
import { holding, put } from '../../state/settings';
import { Button } from '../../ui/button';
import { Text } from '../../ui/fields';
import { Said } from '../../ui/told';
import { useWords } from '../../words';

type Props = { setting: SettingView | undefined; title: string; hint: string; text?: string };

export function Lines({ setting, title, hint, text: about }: Props) {
  const words = useWords();
  const { isBusy, act } = useAct();
  const [text, setText] = useState<string | null>(null);
  if (!setting) return null;
  const there = ((holding(setting) as string[] | null) ?? []).join('\n');
  const isNew = text !== null && text !== there;
  const save = () =>
    act(async () => {
      const lines = (text ?? '').split('\n').map((line) => line.trim()).filter(Boolean);
      await put(setting.key, lines.length ? lines : null, words);
      setText(null);
    });
  return (
    <section className="stack">
      <Text label={title} hint={hint} isLong value={text ?? there} onChange={setText} />
      {about && <p className="faint small">{about}</p>}
      {isNew && (
        <div className="row">
          <Button kind="key" isDisabled={isBusy} onPress={() => void save()}>
            {words.set.save}
          </Button>
          <Button onPress={() => setText(null)}>{words.cancel}</Button>
        </div>
      )}
      {setting.locked && (
        <p className="small">
          <Said text={setting.locked} />
        </p>
      )}
    </section>
  );
}
