// Reads docker/Dockerfile: its stages and their instructions, as far as the file uses Dockerfile syntax.
import { readFileSync } from "node:fs";

export interface Instruction {
  keyword: string;
  /** What follows it, its lines joined. */
  text: string;
}

export interface Stage {
  /** Its name, or its number as text. */
  name: string;
  base: string;
  instructions: Instruction[];
  environment: Record<string, string>;
}

export interface Dockerfile {
  /** The arguments before the first stage, with their defaults. */
  args: Record<string, string>;
  stages: Stage[];
}

function instructionsIn(file: string): Instruction[] {
  const lines = readFileSync(file, "utf8").split("\n");
  const joined = lines
    .filter((line) => !/^\s*#/.test(line))
    .join("\n")
    .replaceAll(/\\\n\s*/g, " ");
  return joined
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [, keyword, text] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
      if (keyword === undefined || text === undefined) throw new Error(`${file}: ${line}`);
      return { keyword, text };
    });
}

/** `A=1 B="2 3"` */
function assignments(text: string): Record<string, string> {
  const found = [...text.matchAll(/([\w.]+)=(?:"([^"]*)"|(\S*))/g)];
  return Object.fromEntries(found.map(([, name, quoted, plain]) => [name, quoted ?? plain ?? ""]));
}

export function readDockerfile(file: string): Dockerfile {
  const dockerfile: Dockerfile = { args: {}, stages: [] };
  for (const instruction of instructionsIn(file)) {
    const { keyword, text } = instruction;
    const stage = dockerfile.stages.at(-1);
    if (keyword === "FROM") {
      const [base = "", , name = String(dockerfile.stages.length)] = text.split(/\s+/);
      dockerfile.stages.push({ name, base, instructions: [], environment: {} });
    } else if (!stage) {
      Object.assign(dockerfile.args, assignments(text));
    } else {
      stage.instructions.push(instruction);
      if (keyword === "ENV") Object.assign(stage.environment, assignments(text));
    }
  }
  return dockerfile;
}

/** What a stage's instructions of one kind say. */
export function textsOf({ instructions }: Stage, keyword: string): string[] {
  return instructions.filter((instruction) => instruction.keyword === keyword).map(({ text }) => text);
}

/** The words of the JSON form in an ENTRYPOINT or HEALTHCHECK. */
export function wordsOf(text: string | undefined): string[] {
  return JSON.parse(/\[.*\]$/.exec(text ?? "")?.[0] ?? "");
}
