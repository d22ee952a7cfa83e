// The name of a file or folder: whole on asking, its end always seen, in its own direction.

export const nameOf = (path: string) => path.replace(/\/$/, '').split('/').pop() ?? path;

export function PathName({ path }: { path: string }) {
  const name = nameOf(path) + (path.endsWith('/') ? '/' : '');
  const folder = path.slice(0, path.length - name.length);
  return (
    <span className="path" title={path}>
      {folder && <bdi className="path-folder">{folder}</bdi>}
      <bdi className="path-name">{name}</bdi>
    </span>
  );
}
