// The pages for people: their links lead somewhere, and docs/deploy.md names settings and files that there are.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import t from "tap";
import { settingsSchema } from "../../src/config.js";
import { anchorsOf, linksOf } from "../markdown.js";

const PAGE = "docs/deploy.md";
const text = readFileSync(PAGE, "utf8");

/** Variables that are others' affair: of the programs that Abacus takes the place of. */
const FOREIGN = ["SECRET_KEY", "ALLOWED_HOSTS", "RENEWED_LINEAGE"];

t.test("anchors are made as GitHub makes them, and code is no prose", (t) => {
  const anchors = anchorsOf("docs/operations.md");
  for (const anchor of ["redis-is-away", "rediss-memory-is-full", "passwords-tokens-sessions"])
    t.ok(anchors.includes(anchor), anchor);
  t.notOk(
    anchorsOf(PAGE).some((anchor) => anchor.includes("fullchain")),
    "a comment in a block is no heading",
  );
  t.end();
});

for (const page of ["README.md", "docs/operations.md", "docs/tutorials.md", PAGE])
  t.test(`${page}: its links lead somewhere`, (t) => {
    for (const link of linksOf(page)) {
      const [path = "", anchor] = link.split("#");
      const file = path === "" ? page : normalize(join(dirname(page), path));
      t.ok(existsSync(file), link);
      if (anchor !== undefined && existsSync(file)) t.ok(anchorsOf(file).includes(anchor), link);
    }
    t.end();
  });

t.test("the settings it names are settings, or variables of the Compose files", (t) => {
  const files = ["docker/compose.yaml", "docker/monitoring/compose.yaml"].map((file) =>
    readFileSync(file, "utf8"),
  );
  const variables = [...files.join("\n").matchAll(/\$\{(\w+)/g)].map(([, name]) => name);
  const known = [...Object.keys(settingsSchema.properties), ...variables, ...FOREIGN];
  const named = [...text.matchAll(/\b[A-Z]+(?:_[A-Z]+)+\b|(?<=[`"= ])(?:HOST|PORT|THREADS)(?=[`="])/g)];
  t.ok(named.length > 20);
  for (const [name] of named) t.ok(known.includes(name), name);
  t.end();
});

t.test("the files of the project that its commands use are there", (t) => {
  const files = [...text.matchAll(/(?<![\w./-])(docker\/(?:[\w@*.-]+\/)*[\w@*-]+(?:\.[\w*]+)?)(?=[\s`:])/g)]
    .map(([, file = ""]) => file)
    .filter((file) => !/^docker\/(site|\.env|monitoring\/abacus-token)/.test(file)); // their maker is who deploys
  t.ok(files.length > 10);
  for (const file of new Set(files)) t.ok(existsSync(file.replace(/\/\*.*/, "")), file);
  for (const [, source = ""] of text.matchAll(/dist\/(src\/\w+)\.(?:js|handler)/g))
    t.ok(existsSync(`${source}.ts`), source);
  t.end();
});
