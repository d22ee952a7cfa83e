// What is different in one file: lines of a text, cells of a spreadsheet, or sizes.
import { useMemo } from 'react';
import type { DiffView, TableChange } from '../api/types';
import { ManyInBox } from '../ui/many';
import { size, useWords } from '../words';

export function Difference({ diff }: { diff: DiffView }) {
  const words = useWords();
  const cut = diff.form !== 'binary' && diff.truncated;
  return (
    <>
      {diff.form === 'text' && <Lines unified={diff.unified} />}
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

type Line = { kind: 'same' | 'added' | 'removed' | 'gap'; text: string; number: number | null };

export function linesOf(unified: string): Line[] {
  const lines: Line[] = [];
  let [before, after] = [0, 0];
  for (const text of unified.split('\n')) {
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)/.exec(text);
    if (hunk) {
      [before, after] = [Number(hunk[1]), Number(hunk[2])];
      if (lines.length > 0) lines.push({ kind: 'gap', text: '', number: null });
    } else if (lines.length === 0 && (text.startsWith('--- ') || text.startsWith('+++ '))) {
      continue;
    } else if (text.startsWith('+')) {
      lines.push({ kind: 'added', text: text.slice(1), number: after++ });
    } else if (text.startsWith('-')) {
      lines.push({ kind: 'removed', text: text.slice(1), number: before++ });
    } else if (text.startsWith(' ')) {
      lines.push({ kind: 'same', text: text.slice(1), number: after++ });
      before += 1;
    }
  }
  return lines;
}

const SIGNS = { same: ' ', added: '+', removed: '−', gap: '⋯' };

function Lines({ unified }: { unified: string }) {
  const words = useWords();
  const lines = useMemo(() => linesOf(unified), [unified]);
  if (lines.length === 0) return <p className="faint">{words.same}</p>;
  return (
    <div className="diff">
      <ManyInBox
        label={words.asDifference}
        count={lines.length}
        estimate={22}
        keyOf={String}
        row={(index) => {
          const line = lines[index];
          if (!line) return null;
          const spoken = line.kind === 'added' || line.kind === 'removed' ? words[line.kind] : '';
          return (
            <div className="diff-line" data-kind={line.kind}>
              <span className="diff-number num" aria-hidden="true">
                {line.number}
              </span>
              <span aria-hidden="true">{SIGNS[line.kind]}</span>
              {spoken && <span className="unseen">{spoken}: </span>}
              <span className="grow pre" dir="auto">
                {line.text || ' '}
              </span>
            </div>
          );
        }}
      />
    </div>
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
