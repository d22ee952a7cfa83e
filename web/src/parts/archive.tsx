// A person is through with a task, or takes that back.
import { tasks } from '../api/tasks';
import type { TaskLine } from '../api/types';
import { useAct } from '../state/asked';
import { keep } from '../state/view';
import { Button } from '../ui/button';
import { useWords } from '../words';
import { titleOf } from './status';

export function Archive({ line, small }: { line: TaskLine; small?: boolean }) {
  const words = useWords();
  const { isBusy, act } = useAct();
  const press = () => act(async () => keep(await tasks.archive(line.id, !line.archived)));
  const text = line.archived ? words.takeOut : words.putAway;
  return (
    <Button
      small={small}
      kind={small ? 'quiet' : 'plain'}
      icon={small ? 'away' : undefined}
      isDisabled={isBusy}
      aria-label={small ? `${text}: ${titleOf(line)}` : undefined}
      onPress={() => void press()}
    >
      {!small && text}
    </Button>
  );
}
