// The name of a file or folder: whole on asking, its end always seen, in its own direction.

import { Fragment } from 'react';

export const nameOf = (path: string) => path.replace(/\/$/, '').split('/').pop() ?? path;

/** Letters that show nothing, and turn what stands around them: `gpj.exe` must not look like `exe.jpg`. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

export const visible = (text: string) =>
  text.replace(UNSEEN, (letter) => `‹U+${letter.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}›`);

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
              <bdi>{visible(part.replace(/\/$/, ''))}</bdi>
              {part.endsWith('/') && '/'}
            </Fragment>
          ))}
        </span>
      )}
      <bdi className="path-name">{visible(name)}</bdi>
    </span>
  );
}
