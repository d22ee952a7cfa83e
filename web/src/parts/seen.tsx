// A picture as the mind saw it, beside what it says of it, and as large as the window on asking.
import { useState, type ReactNode } from 'react';
import { tasks } from '../api/tasks';
import type { Picture } from '../api/types';
import { Button } from '../ui/button';
import { Sheet } from '../ui/dialog';
import { nameOf } from '../ui/path';
import { useWords } from '../words';

type Props = { task: string; picture: Picture };

export function Seen({ task, picture }: Props) {
  return (
    <div className="seen-place">
      <SeenPlain task={task} picture={picture} />
      <Enlarge task={task} picture={picture} />
    </div>
  );
}

/** Several beside each other, where there is room. */
export const SeenRow = ({ children }: { children: ReactNode }) => <div className="seen-row">{children}</div>;

/** Where a press means something else already, as in a choice. */
export function SeenPlain({ task, picture }: Props) {
  const words = useWords();
  const [isBroken, setBroken] = useState(false);
  const { path, call } = picture;
  if (call === null) return null;
  if (isBroken) return <span className="empty">{words.viewer.pictureBroken}</span>;
  return (
    <figure className="seen">
      <img src={tasks.seenUrl(task, call)} alt={nameOf(path)} onError={() => setBroken(true)} />
      <figcaption className="faint small" title={path}>
        <bdi>{nameOf(path)}</bdi>
      </figcaption>
    </figure>
  );
}

export function Enlarge({ task, picture }: Props) {
  const words = useWords();
  const [isOpen, setOpen] = useState(false);
  const [isWhole, setWhole] = useState(true);
  const [isLarger, setLarger] = useState(false);
  const { path, call } = picture;
  if (call === null) return null;
  const name = nameOf(path);
  return (
    <>
      <Button kind="quiet" small icon="search" aria-label={words.enlarge(name)} onPress={() => setOpen(true)}>
        {words.enlargeShort}
      </Button>
      <Sheet isOpen={isOpen} onClose={() => setOpen(false)} title={name} isWide>
        <div className="seen-large" tabIndex={0} role="group" aria-label={name} data-whole={isWhole || undefined}>
          <img
            src={tasks.seenUrl(task, call)}
            alt={name}
            onLoad={({ currentTarget: it }) => setLarger(it.naturalWidth > it.clientWidth)}
          />
        </div>
        <div className="row wrap">
          {isLarger && (
            <Button onPress={() => setWhole(!isWhole)}>{isWhole ? words.ownSize : words.wholePicture}</Button>
          )}
          <Button autoFocus onPress={() => setOpen(false)}>
            {words.close}
          </Button>
        </div>
      </Sheet>
    </>
  );
}
