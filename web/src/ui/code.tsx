// A line of code, its words told apart where that is known.
import type { Run } from '../state/code';

export function CodeLine({ text, runs }: { text: string; runs?: readonly Run[] }) {
  if (!runs) return <>{text || ' '}</>;
  return (
    <>
      {runs.length === 0 && ' '}
      {runs.map(([kind, part], index) =>
        kind ? (
          <span key={index} data-code={kind}>
            {part}
          </span>
        ) : (
          part
        ),
      )}
    </>
  );
}
