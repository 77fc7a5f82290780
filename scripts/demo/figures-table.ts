// Column statistics as tables of text: one of the columns of numbers, one of the others.
import Table from "cli-table3";
import type { Statistics } from "../../workers/stats/statistics.js";

type Column = Statistics["columns"][number];

const NUMBER_FIGURES = ["count", "mean", "std", "min", "25%", "50%", "75%", "max"];
const TEXT_FIGURES = ["count", "unique", "top", "freq"];

/** Two decimals: for reading, where the service's answer has all of them. */
const numeral = new Intl.NumberFormat("en", { maximumFractionDigits: 2, useGrouping: false });

export function figuresTables({ columns }: Statistics): string {
  const numbers = columns.filter((column) => "mean" in column);
  const others = columns.filter((column) => !("mean" in column));
  return [table("numbers", numbers, NUMBER_FIGURES), table("text", others, TEXT_FIGURES)].join("\n\n");
}

function table(title: string, columns: readonly Column[], figures: readonly string[]): string {
  const text = new Table({
    head: [title, ...figures],
    colAligns: ["left", ...figures.map(() => "right" as const)],
    chars: { ...NO_LINES, middle: "  " },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  text.push(...columns.map((column) => [column.name, ...figures.map((figure) => shown(column[figure]))]));
  return text.toString().replace(/^/gm, "  ");
}

function shown(figure: Column[string] | undefined): string {
  return typeof figure === "number" ? numeral.format(figure) : String(figure ?? "-");
}

const NO_LINES = Object.fromEntries(
  ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"]
    .concat(["left", "left-mid", "mid", "mid-mid", "right", "right-mid"])
    .map((name) => [name, ""]),
);
