// Keys of providers: typed once, tested at once, never shown again.
import { useState } from 'react';
import { errorOf } from '../../api/call';
import { house } from '../../api/house';
import type { ModelKeyView, ModelsView, ProviderLine, UserError } from '../../api/types';
import { useAct } from '../../state/asked';
import { Button } from '../../ui/button';
import { Sure } from '../../ui/dialog';
import { Text } from '../../ui/fields';
import { Problem } from '../../ui/told';
import { useWords, type Words } from '../../words';
import { Answered } from './answered';

type Props = { providers: ProviderLine[]; onChanged: (models: ModelsView) => void };

export function Keys({ providers, onChanged }: Props) {
  const words = useWords();
  if (providers.length === 0) return null;
  return (
    <section className="stack" aria-labelledby="keys">
      <h2 id="keys">{words.kept.keysTitle}</h2>
      <p className="read">{words.kept.keysText}</p>
      <ul className="findings">
        {providers.map((it) => (
          <li key={it.name} className="finding">
            <Provider line={it} onChanged={onChanged} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function whence(line: ProviderLine, words: Words): string {
  if (line.is_kept) return `✓ ${words.kept.keyKept}`;
  if (line.found_in) return `✓ ${words.set.keyFound(line.found_in)}`;
  return `${words.kept.keyNone} · ${words.set.keyMissing(line.key_variables.join(', '))}`;
}

type ProviderProps = { line: ProviderLine; onChanged: Props['onChanged'] };
type Said = ModelKeyView | UserError | 'asking' | null;

function Provider({ line, onChanged }: ProviderProps) {
  const words = useWords();
  const { act } = useAct();
  const [key, setKey] = useState<string | null>(null);
  const [said, setSaid] = useState<Said>(null);
  const [isSure, setSure] = useState(false);
  const keep = async () => {
    if (!key?.trim() || said === 'asking') return;
    setSaid('asking');
    try {
      const kept = await house.keepKey(line.name, key);
      setKey(null);
      setSaid(kept);
      onChanged(kept.models);
    } catch (thrown) {
      setSaid(errorOf(thrown));
    }
  };
  const forget = () =>
    act(async () => {
      onChanged(await house.forgetKey(line.name));
      setSaid(null);
    });
  return (
    <>
      <div className="row wrap">
        <div className="grow">
          <bdi className="strong">{line.name}</bdi>
          <p className="small faint breaks" dir="auto">
            {whence(line, words)}
          </p>
        </div>
        {key === null && (
          <Button
            small
            aria-label={line.is_kept ? words.kept.keyReplaceOf(line.name) : words.kept.keyAddOf(line.name)}
            onPress={() => setKey('')}
          >
            {line.is_kept ? words.kept.keyReplace : words.kept.keyAdd}
          </Button>
        )}
        {line.is_kept && key === null && (
          <Button small aria-label={words.kept.keyForgetOf(line.name)} onPress={() => setSure(true)}>
            {words.kept.keyForget}
          </Button>
        )}
      </div>
      {key !== null && (
        <div className="stack options">
          <Text
            label={words.kept.keyLabel(line.name)}
            hint={words.kept.keyHint}
            isSecret
            isFocused
            value={key}
            onChange={setKey}
            onEnter={() => void keep()}
          />
          <div className="row wrap">
            <Button kind="key" isDisabled={!key.trim() || said === 'asking'} onPress={() => void keep()}>
              {words.kept.keyTest}
            </Button>
            <Button isDisabled={said === 'asking'} onPress={() => (setKey(null), setSaid(null))}>
              {words.cancel}
            </Button>
          </div>
        </div>
      )}
      <div role="status">{said && <Result said={said} provider={line.name} />}</div>
      <Sure
        isOpen={isSure}
        onClose={() => setSure(false)}
        title={words.kept.keyForgetOf(line.name)}
        text={words.kept.keyForgetSure(line.name)}
        yes={words.kept.keyForget}
        onYes={() => void forget()}
      />
    </>
  );
}

function Result({ said, provider }: { said: Exclude<Said, null>; provider: string }) {
  const words = useWords();
  if (said === 'asking') return <p className="faint small">{words.kept.keyTesting(provider)}</p>;
  if ('what' in said) return <Problem error={said} />;
  if (said.tested) return <Answered tested={said.tested} />;
  if (!said.problem) return null;
  return (
    <div className="stack">
      <p className="small">{words.kept.keyUntested}</p>
      <Problem error={said.problem} />
    </div>
  );
}
