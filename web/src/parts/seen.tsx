// A picture as the mind saw it, beside what it says of it.
import { useState } from 'react';
import { tasks } from '../api/tasks';
import type { Picture } from '../api/types';
import { nameOf } from '../ui/path';
import { useWords } from '../words';

export function Seen({ task, picture }: { task: string; picture: Picture }) {
  const words = useWords();
  const [isBroken, setBroken] = useState(false);
  const { path, call } = picture;
  if (call === null) return null;
  if (isBroken) return <p className="empty">{words.viewer.pictureBroken}</p>;
  return (
    <figure className="seen">
      <img src={tasks.seenUrl(task, call)} alt={nameOf(path)} onError={() => setBroken(true)} />
      <figcaption className="faint small" title={path}>
        <bdi>{nameOf(path)}</bdi>
      </figcaption>
    </figure>
  );
}
