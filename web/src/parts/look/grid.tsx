// A sheet as the table that it is, with its changed cells marked where they stand.
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';
import type { SheetView, TableChange } from '../../api/types';
import { useWords } from '../../words';

type Cell = { text: string; formula?: string | null; before?: string | null; isChanged?: boolean };
type Row = { number: number; cells: Map<number, Cell> };

const WIDTH_LEAST = 5;
const WIDTH_MOST = 34;
const MEASURED_ROWS = 400;
const ROW_PX = 30;
const WHOLE_MAX = 120;

export function columnName(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : columnName(Math.floor(index / 26) - 1) + letter;
}

function placeOf(cell: string): [row: number, column: number] {
  const match = /^([A-Z]+)(\d+)$/i.exec(cell);
  if (!match?.[1] || !match[2]) return [0, 0];
  const letters = [...match[1].toUpperCase()];
  return [Number(match[2]), letters.reduce((sum, it) => sum * 26 + it.charCodeAt(0) - 64, 0) - 1];
}

function rowsOf(sheet: SheetView, changes: readonly TableChange[]): { rows: Row[]; columns: number } {
  const rows = new Map<number, Row>();
  let columns = sheet.columns;
  const rowAt = (number: number) => {
    const known = rows.get(number);
    if (known) return known;
    const made = { number, cells: new Map<number, Cell>() };
    rows.set(number, made);
    return made;
  };
  for (const { number, cells } of sheet.rows) {
    const row = rowAt(number);
    for (const cell of cells) row.cells.set(cell.column, { text: cell.text, formula: cell.formula });
  }
  for (const change of changes) {
    const [number, column] = placeOf(change.cell);
    if (number === 0) continue;
    columns = Math.max(columns, column + 1);
    const { after, before, formula } = change;
    rowAt(number).cells.set(column, { text: after ?? '', formula, before, isChanged: true });
  }
  return { rows: [...rows.values()].sort((a, b) => a.number - b.number), columns };
}

/** Letters are wider than the figure that `ch` is the width of. */
const WIDE = 1.15;

function widthsOf(rows: Row[], columns: number): number[] {
  const widths = Array.from({ length: columns }, () => WIDTH_LEAST);
  for (const { cells } of rows.slice(0, MEASURED_ROWS)) {
    for (const [column, cell] of cells) {
      const longest = Math.max(cell.text.length, cell.before?.length ?? 0);
      widths[column] = Math.min(WIDTH_MOST, Math.max(widths[column] ?? WIDTH_LEAST, longest));
    }
  }
  return widths;
}

type Props = { sheet: SheetView; changes: readonly TableChange[]; label: string };

export function Grid({ sheet, changes, label }: Props) {
  const words = useWords();
  const box = useRef<HTMLDivElement>(null);
  const { rows, columns } = useMemo(() => rowsOf(sheet, changes), [sheet, changes]);
  const widths = useMemo(() => widthsOf(rows, columns), [rows, columns]);
  const isWhole = rows.length <= WHOLE_MAX;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
    enabled: !isWhole,
  });
  const seen = virtual.getVirtualItems();
  const first = seen[0]?.start ?? 0;
  const rest = virtual.getTotalSize() - (seen.at(-1)?.end ?? 0);
  const shown = isWhole ? rows.map((row, index) => ({ row, index })) : seen.map(({ index }) => ({ row: rows[index], index }));
  if (rows.length === 0) return <p className="faint">{words.viewer.emptySheet}</p>;
  return (
    <div className="table-box grid-box" ref={box} tabIndex={0} role="group" aria-label={label}>
      <table className="cells grid" aria-rowcount={rows.length}>
        <colgroup>
          <col style={{ width: '5ch' }} />
          {widths.map((width, index) => (
            <col key={index} style={{ width: `calc(min(${width * WIDE}ch, 55vw) + 18px)` }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            <td />
            {widths.map((_, index) => (
              <th key={index} scope="col">
                {columnName(index)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {!isWhole && first > 0 && <tr style={{ height: first }} aria-hidden="true" />}
          {shown.map(({ row, index }) =>
            row ? (
              <tr
                key={row.number}
                data-index={index}
                aria-rowindex={index + 1}
                ref={isWhole ? undefined : virtual.measureElement}
              >
                <th scope="row">{row.number}</th>
                {widths.map((_, column) => (
                  <Td key={column} cell={row.cells.get(column)} />
                ))}
              </tr>
            ) : null,
          )}
          {!isWhole && rest > 0 && <tr style={{ height: rest }} aria-hidden="true" />}
        </tbody>
      </table>
    </div>
  );
}

const FIGURE = /^[-+]?[\d.,\s]+( ?%| [A-Z]{3})?$/;

function Td({ cell }: { cell: Cell | undefined }) {
  const words = useWords();
  if (!cell) return <td />;
  const title = cell.formula ? `=${cell.formula.replace(/^=/, '')}` : undefined;
  const isFigure = cell.text !== '' && FIGURE.test(cell.text);
  if (!cell.isChanged) {
    return (
      <td title={title} data-figure={isFigure || undefined} dir="auto">
        {cell.text}
      </td>
    );
  }
  return (
    <td title={title} className="cell-after" data-figure={isFigure || undefined} dir="auto">
      <span className="unseen">{words.viewer.changedCell}: </span>
      {cell.before && <del>{cell.before}</del>}
      {cell.text && <ins>{cell.text}</ins>}
    </td>
  );
}

type SheetsProps = { sheets: readonly SheetView[]; changes: readonly TableChange[]; name: string };

/** All sheets in the order of the workbook, one at a time. */
export function Sheets({ sheets, changes, name }: SheetsProps) {
  const words = useWords();
  const names = useMemo(() => {
    const known = sheets.map((sheet) => sheet.name);
    const gone = changes.map((it) => it.sheet).filter((it) => !known.includes(it));
    return [...known, ...new Set(gone)];
  }, [sheets, changes]);
  const [picked, setPicked] = useState<string | null>(null);
  const firstChanged = names.find((it) => changes.some((change) => change.sheet === it));
  const shown = picked !== null && names.includes(picked) ? picked : (firstChanged ?? names[0]);
  if (shown === undefined) return <p className="faint">{words.viewer.emptySheet}</p>;
  const sheet = sheets.find((it) => it.name === shown) ?? { name: shown, columns: 0, rows: [] };
  const within = changes.filter((change) => change.sheet === shown);
  return (
    <div className="stack">
      {names.length > 1 && (
        <div className="row wrap pieces" role="group" aria-label={words.viewer.sheets}>
          {names.map((it) => (
            <button key={it} type="button" className="piece" aria-pressed={it === shown} onClick={() => setPicked(it)}>
              <bdi>{it || '–'}</bdi>
              {changes.some((change) => change.sheet === it) && (
                <span className="small good"> {changes.filter((change) => change.sheet === it).length}</span>
              )}
            </button>
          ))}
        </div>
      )}
      <Grid key={shown} sheet={sheet} changes={within} label={shown || name} />
    </div>
  );
}
