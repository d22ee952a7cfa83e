// What an undo left in the person's folder, and why.
import type { StaysView } from '../api/types';
import { sorted } from '../state/natural';
import { PathName } from '../ui/path';
import { Said } from '../ui/told';
import { useWords } from '../words';

const SHOWN_MAX = 20;

export function Stays({ stays }: { stays: readonly StaysView[] }) {
  const words = useWords();
  if (stays.length === 0) return null;
  const more = stays.length - SHOWN_MAX;
  return (
    <div className="stack">
      <p className="strong">{words.staysTitle}</p>
      <ul className="boundary" aria-label={words.staysTitle}>
        {sorted(stays, (it) => it.path).slice(0, SHOWN_MAX).map(({ path, why }) => (
          <li key={path}>
            <PathName path={path} />
            <p className="small breaks">
              <Said text={why} />
            </p>
          </li>
        ))}
      </ul>
      {more > 0 && <p className="small faint">{words.staysMore(more)}</p>}
    </div>
  );
}
