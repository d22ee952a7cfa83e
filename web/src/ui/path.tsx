// The name of a file or folder: whole on asking, its end always seen, in its own direction.

import { Fragment } from 'react';

export const nameOf = (path: string) => path.replace(/\/$/, '').split('/').pop() ?? path;

export function PathName({ path }: { path: string }) {
  const name = nameOf(path) + (path.endsWith('/') ? '/' : '');
  const folder = path.slice(0, path.length - name.length);
  return (
    <span className="path" dir="ltr" title={path}>
      {/* Each name in its own direction, and all of them from the outermost to the innermost. */}
      {folder && (
        <span className="path-folder">
          {folder.split(/(?<=\/)/).map((part, index) => (
            <Fragment key={index}>
              <bdi>{part.replace(/\/$/, '')}</bdi>
              {part.endsWith('/') && '/'}
            </Fragment>
          ))}
        </span>
      )}
      <bdi className="path-name">{name}</bdi>
    </span>
  );
}
