// Statistics as CSV, laid out as pandas' `describe(include="all").to_csv()`: a row for each figure.
import type { ColumnFigures, Figure } from "./describe.js";
import { pythonFloat } from "./python-float.js";
import type { Statistics } from "./statistics.js";

const VALUE_ROWS = ["unique", "top", "freq"];
/** What is no row: these, and what is no single figure. */
const NO_ROWS = new Set(["name", "dtype", "nulls", "approximate", "errors", "histogram", "topValues"]);

/** The table's rows, each with its line end. Rows that no column has are left out, and what a column lacks is empty. */
export function* describeCsv({ columns }: Statistics): Iterable<string> {
  const hasNumbers = columns.some(isNumeric);
  yield line(["", ...columns.map(({ name }) => name)]);
  for (const row of rowsOf(columns))
    yield line([row, ...columns.map((column) => cell(column, row, hasNumbers))]);
}

/** In pandas' order: those of values come before those of numbers, and what the full level adds comes last. */
function rowsOf(columns: readonly ColumnFigures[]): Set<string> {
  const rows = new Set(["count", ...(columns.every(isNumeric) ? [] : VALUE_ROWS)]);
  for (const ofNumbers of [true, false])
    for (const column of columns)
      if (isNumeric(column) === ofNumbers)
        for (const figure of Object.keys(column)) if (!NO_ROWS.has(figure)) rows.add(figure);
  return rows;
}

function isNumeric(column: ColumnFigures): boolean {
  return "mean" in column;
}

/** `mixed`: other columns have rows that a column of values lacks. */
function cell(column: ColumnFigures, row: string, mixed: boolean): string {
  const figure = column[row] as Figure | undefined;
  if (figure === undefined || figure === null) return "";
  return typeof figure === "number" && isFloat(column, mixed) ? pythonFloat(figure) : text(figure);
}

/** pandas turns a column of figures into doubles when all are numbers and one is no integer, or is missing. */
function isFloat(column: ColumnFigures, mixed: boolean): boolean {
  if (isNumeric(column)) return true;
  return typeof column.top === "number" && (mixed || !Number.isInteger(column.top));
}

function text(figure: Exclude<Figure, null>): string {
  if (typeof figure === "boolean") return figure ? "True" : "False";
  return `${figure}`;
}

function line(cells: string[]): string {
  return `${cells.map((value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)).join(",")}\n`;
}
