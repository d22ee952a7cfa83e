// The name of a file or folder: whole on asking, its end always seen, in its own direction.

import { Fragment } from 'react';

export const nameOf = (path: string) => path.replace(/\/$/, '').split('/').pop() ?? path;

/** A whole path within a line: each name in its own direction, from the outermost to the innermost. */
export function PathText({ path, className }: { path: string; className?: string }) {
  return (
    <bdi dir="ltr" className={className}>
      {path.split(/(?<=\/)/).map((part, index) => (
        <Fragment key={index}>
          <bdi>{part.replace(/\/$/, '')}</bdi>
          {part.endsWith('/') && '/'}
        </Fragment>
      ))}
    </bdi>
  );
}

export function PathName({ path }: { path: string }) {
  const name = nameOf(path) + (path.endsWith('/') ? '/' : '');
  const folder = path.slice(0, path.length - name.length);
  return (
    <span className="path" dir="ltr" title={path}>
      {folder && (
        <span className="path-folder">
          <PathText path={folder} />
        </span>
      )}
      <bdi className="path-name">{name}</bdi>
    </span>
  );
}
