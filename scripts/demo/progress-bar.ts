// A progress bar on a terminal; elsewhere one line that says how far it came.
import { SingleBar } from "cli-progress";

export interface ProgressBar {
  update(done: number, total: number, note?: string): void;
  /** Leaves the last state standing. May be called again. */
  finish(): void;
}

const numeral = (value: number) => value.toLocaleString("en");

/** `stage` is what is done, `unit` what is counted: "uploading", "bytes". */
export function progressBar(stage: string, unit: string): ProgressBar {
  const label = `  ${stage.padEnd(10)}`;
  return process.stdout.isTTY ? drawnBar(label, unit) : plainLine(label, unit);
}

function drawnBar(label: string, unit: string): ProgressBar {
  const bar = new SingleBar({
    stream: process.stdout,
    format: `${label} [{bar}] {percentage}%  {amount}`,
    barCompleteChar: "#",
    barIncompleteChar: ".",
    barsize: 16,
    hideCursor: true,
    emptyOnZero: true,
  });
  return {
    update(done, total, note = "") {
      const payload = { amount: amount(done, total, unit, note) };
      if (!bar.isActive) bar.start(total, done, payload);
      bar.setTotal(total);
      bar.update(done, payload);
    },
    finish: () => bar.stop(),
  };
}

function plainLine(label: string, unit: string): ProgressBar {
  let line: string | undefined;
  return {
    update(done, total, note = "") {
      line = `${label} ${amount(done, total, unit, note)}`;
    },
    finish() {
      if (line !== undefined) process.stdout.write(`${line}\n`);
      line = undefined;
    },
  };
}

function amount(done: number, total: number, unit: string, note: string): string {
  return `${numeral(done)} of ${numeral(total)} ${unit}${note === "" ? "" : `, ${note}`}`;
}
