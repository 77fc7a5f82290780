// Reads the project's pages: their headings' anchors and their links, as GitHub makes them.
import { readFileSync } from "node:fs";

/** A page without its blocks of code. */
function proseOf(file: string): string {
  return readFileSync(file, "utf8").replace(/^```[\s\S]*?^```$/gm, "");
}

/** What `#…` in a link to the page can be: the headings' words in small letters, with hyphens between them. */
export function anchorsOf(file: string): string[] {
  return [...proseOf(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Where the page's links lead, addresses of other sites left out. */
export function linksOf(file: string): string[] {
  const targets = [...proseOf(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}
