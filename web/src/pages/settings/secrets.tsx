// Secrets: names and places, never a value that was kept.
import { useState } from 'react';
import { house } from '../../api/house';
import type { SecretView } from '../../api/types';
import { useAct, useAsked } from '../../state/asked';
import { Button } from '../../ui/button';
import { Sure } from '../../ui/dialog';
import { Text } from '../../ui/fields';
import { Empty, Problem } from '../../ui/told';
import { useWords } from '../../words';

function placeOf({ host, port, methods, path }: SecretView): string {
  const at = port === 443 ? host : `${host}:${port}`;
  return `${methods.join(', ')} ${at}${path ?? ''}`.trim();
}

export function Secrets() {
  const words = useWords();
  const { value: kept, error, put } = useAsked('secrets', house.secrets);
  const [doomed, setDoomed] = useState<string | null>(null);
  const { act } = useAct();
  const remove = (name: string) => act(async () => put(await house.removeSecret(name)));
  return (
    <section className="stack" aria-labelledby="secrets">
      <h2 id="secrets">{words.set.secretsTitle}</h2>
      <p className="read">{words.set.secretsText}</p>
      {error && <Problem error={error} />}
      {kept && kept.length === 0 && <Empty>{words.set.secretsNone}</Empty>}
      <ul className="findings">
        {kept?.map((secret) => (
          <li key={secret.name} className="finding row wrap">
            <div className="grow">
              <bdi className="mono strong breaks">{secret.name}</bdi>
              <p className="small faint breaks" dir="auto">
                {words.set.secretPlace(placeOf(secret), secret.kept === 'keyring')}
              </p>
            </div>
            <Button
              small
              icon="cross"
              aria-label={words.set.secretRemove(secret.name)}
              onPress={() => setDoomed(secret.name)}
            />
          </li>
        ))}
      </ul>
      <Keep onKept={put} />
      <Sure
        isOpen={doomed !== null}
        onClose={() => setDoomed(null)}
        title={words.set.secretRemove(doomed ?? '')}
        text={words.set.secretSure(doomed ?? '')}
        yes={words.set.secretRemove(doomed ?? '')}
        onYes={() => doomed && void remove(doomed)}
      />
    </section>
  );
}

const NONE = { name: '', value: '', host: '', path: '' };

function Keep({ onKept }: { onKept: (kept: SecretView[]) => void }) {
  const words = useWords();
  const { isBusy, act } = useAct();
  const [secret, setSecret] = useState(NONE);
  const set = (part: Partial<typeof NONE>) => setSecret({ ...secret, ...part });
  const isWhole = secret.name.trim() && secret.value && secret.host.trim();
  const keep = () =>
    act(async () => {
      const path = secret.path.trim() || null;
      const name = secret.name.trim();
      onKept(await house.keepSecret({ name, value: secret.value, host: secret.host.trim(), path }));
      setSecret(NONE);
    });
  return (
    <details>
      <summary>{words.set.secretAdd}</summary>
      <div className="stack options">
        <Text
          label={words.set.secretName}
          hint={words.set.secretNameHint}
          value={secret.name}
          onChange={(name) => set({ name })}
        />
        <Text
          label={words.set.secretValue}
          isSecret
          value={secret.value}
          onChange={(value) => set({ value })}
        />
        <Text
          label={words.set.secretHost}
          hint="api.example.com"
          value={secret.host}
          onChange={(host) => set({ host })}
        />
        <Text
          label={words.set.secretPath}
          hint={words.set.secretPathHint}
          value={secret.path}
          onChange={(path) => set({ path })}
        />
        <div>
          <Button kind="key" isDisabled={!isWhole || isBusy} onPress={() => void keep()}>
            {words.set.secretKeep}
          </Button>
        </div>
      </div>
    </details>
  );
}
