// Fifteen files whose figures pandas 1.5.3 itself worked out: `read_csv(path, na_values=["None"])` and `describe()`.
import { readdirSync } from "node:fs";
import t from "tap";
import { checkFile } from "./pandas-answer.js";

const FIXTURES = "test/fixtures/pandas";

const files = readdirSync(`${FIXTURES}/files`);
t.equal(files.length, 15);
for (const file of files) t.test(file, (t) => checkFile(t, FIXTURES, file));
