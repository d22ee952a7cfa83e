// Pictures: one alone, or two versions beside each other or one over the other with a slider.
import { useState } from 'react';
import { tasks } from '../../api/tasks';
import type { FileSide } from '../../api/types';
import { useWords } from '../../words';

type Props = { task: string; path: string; sides: readonly FileSide[] };

export function Pictures({ task, path, sides }: Props) {
  const words = useWords();
  const [isOver, setOver] = useState(true);
  const [share, setShare] = useState(50);
  const [size, setSize] = useState<string | null>(null);
  const [isBroken, setBroken] = useState(false);
  const picture = (side: FileSide) => (
    <img
      src={tasks.fileUrl(task, path, side)}
      alt={`${words[side]}: ${path}`}
      onError={() => setBroken(true)}
      onLoad={(event) => {
        const { naturalWidth, naturalHeight } = event.currentTarget;
        if (side === 'after') setSize(`${naturalWidth} × ${naturalHeight}`);
      }}
    />
  );
  if (isBroken) return <p className="empty">{words.viewer.pictureBroken}</p>;
  const both = sides.length > 1;
  return (
    <div className="stack">
      {both && (
        <div className="row wrap pieces" role="group" aria-label={words.asPage}>
          <button type="button" className="piece" aria-pressed={isOver} onClick={() => setOver(true)}>
            {words.viewer.overlaid}
          </button>
          <button type="button" className="piece" aria-pressed={!isOver} onClick={() => setOver(false)}>
            {words.viewer.beside}
          </button>
        </div>
      )}
      {both && isOver ? (
        <>
          <div className="overlay checker" style={{ '--share': `${share}%` } as React.CSSProperties}>
            {picture('before')}
            <div className="overlay-top">{picture('after')}</div>
          </div>
          <label className="row small">
            <span>{words.before}</span>
            <input
              type="range"
              className="grow"
              min={0}
              max={100}
              value={share}
              aria-label={words.viewer.slider}
              onChange={(event) => setShare(Number(event.currentTarget.value))}
            />
            <span>{words.after}</span>
          </label>
        </>
      ) : (
        <div className="sides">
          {sides.map((side) => (
            <figure key={side} className="stack">
              {both && <figcaption className="small faint">{words[side]}</figcaption>}
              <div className="checker picture">{picture(side)}</div>
            </figure>
          ))}
        </div>
      )}
      {size && <p className="faint small num">{size}</p>}
    </div>
  );
}
