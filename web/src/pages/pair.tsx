// What a phone shows that scanned a code: it is let in with one press, under a name.
import { useState } from 'react';
import { errorOf } from '../api/call';
import { house } from '../api/house';
import type { UserError } from '../api/types';
import { Button } from '../ui/button';
import { Text } from '../ui/fields';
import { Problem } from '../ui/told';
import { useWords } from '../words';

function usualName(): string {
  const agent = navigator.userAgent;
  return /iPhone|iPad|Android|Pixel|Galaxy/.exec(agent)?.[0] ?? '';
}

export default function Pair() {
  const words = useWords();
  const [name, setName] = useState(usualName);
  const [error, setError] = useState<UserError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const code = location.hash.slice(1);
  async function pair() {
    setBusy(true);
    setError(null);
    try {
      await house.pair(code, name.trim() || words.phone.usualName);
      // The code is of no use any more, and is not kept among the places that were visited.
      location.replace('/');
    } catch (thrown) {
      setError(errorOf(thrown));
      setBusy(false);
    }
  }
  return (
    <div className="stack form">
      <h1>{words.phone.title}</h1>
      <p className="read">{words.phone.letIn}</p>
      <Text
        label={words.phone.name}
        hint={words.phone.usualName}
        value={name}
        onChange={setName}
        onEnter={() => void pair()}
      />
      {error && <Problem error={error} />}
      <div>
        <Button kind="key" isDisabled={isBusy || !code} onPress={() => void pair()}>
          {words.phone.letInNow}
        </Button>
      </div>
      {!code && <p className="faint">{words.phone.noCode}</p>}
    </div>
  );
}
