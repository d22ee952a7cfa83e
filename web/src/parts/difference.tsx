// What is different in one file: lines of a text, cells of a spreadsheet, or sizes.
import { useMemo } from 'react';
import type { DiffView, TableChange } from '../api/types';
import { size, useWords } from '../words';
import { Lines } from './diff-lines';

export function Difference({ diff, path }: { diff: DiffView; path: string }) {
  const words = useWords();
  const cut = diff.form !== 'binary' && diff.truncated;
  return (
    <>
      {diff.form === 'text' && <Lines unified={diff.unified} path={path} />}
      {diff.form === 'table' && <Cells cells={diff.cells} />}
      {diff.form === 'binary' && (
        <div>
          <p>{words.binary}</p>
          <p className="faint num">
            {words.before}: {diff.before_bytes === null ? '–' : size(diff.before_bytes)} · {words.after}:{' '}
            {diff.after_bytes === null ? '–' : size(diff.after_bytes)}
          </p>
        </div>
      )}
      {cut && <p className="faint small">{words.truncated}</p>}
    </>
  );
}

function Cells({ cells }: { cells: TableChange[] }) {
  const words = useWords();
  if (cells.length === 0) return <p className="faint">{words.same}</p>;
  const sheets = Map.groupBy(cells, (cell) => cell.sheet);
  const isNew = cells.every((cell) => cell.before === null);
  return (
    <>
      {[...sheets].map(([sheet, changed]) => (
        <section key={sheet} className="stack">
          <h3 dir="auto">{sheet}</h3>
          {isNew ? <Grid cells={changed} sheet={sheet} /> : <CellTable cells={changed} sheet={sheet} />}
        </section>
      ))}
    </>
  );
}

function CellTable({ cells, sheet }: { cells: TableChange[]; sheet: string }) {
  const words = useWords();
  return (
    <div className="table-box" tabIndex={0} role="group" aria-label={sheet}>
      <table className="cells">
        <thead>
          <tr>
            <th scope="col">{words.cell}</th>
            <th scope="col">{words.before}</th>
            <th scope="col">{words.after}</th>
            <th scope="col">{words.formula}</th>
          </tr>
        </thead>
        <tbody>
          {cells.map((cell) => (
            <tr key={cell.cell}>
              <th scope="row">{cell.cell}</th>
              <td className="cell-before">{cell.before ?? <i className="faint">{words.empty}</i>}</td>
              <td className="cell-after">{cell.after ?? <i className="faint">{words.empty}</i>}</td>
              <td className="mono small">{cell.formula}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function split(cell: string): [column: string, row: number] {
  const match = /^([A-Za-z]+)(\d+)$/.exec(cell);
  return [match?.[1] ?? cell, Number(match?.[2] ?? 0)];
}

/** A value this short stays in one line: a date, a sum. */
const SHORT = 12;

const byColumn = (a: string, b: string) => a.length - b.length || (a < b ? -1 : 1);

/** A spreadsheet that is new, as the table that it is. */
function Grid({ cells, sheet }: { cells: TableChange[]; sheet: string }) {
  const { columns, rows } = useMemo(() => {
    const places = cells.map((cell) => ({ cell, place: split(cell.cell) }));
    const names = [...new Set(places.map(({ place }) => place[0]))].sort(byColumn);
    return { columns: names, rows: [...Map.groupBy(places, ({ place }) => place[1])] };
  }, [cells]);
  return (
    <div className="table-box" tabIndex={0} role="group" aria-label={sheet}>
      <table className="cells">
        <thead>
          <tr>
            <td />
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([number, row]) => (
            <tr key={number}>
              <th scope="row">{number}</th>
              {columns.map((column) => {
                const found = row.find(({ place }) => place[0] === column)?.cell;
                return (
                  <td key={column} data-short={(found?.after?.length ?? 0) <= SHORT || undefined} title={found?.formula ? `=${found.formula.replace(/^=/, '')}` : undefined}>
                    {found?.after}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
