// A file that is read in parts gives the same answer as one that is read whole, wherever it is cut.
import { isDeepStrictEqual } from "node:util";
import { gzipSync } from "node:zlib";
import t from "tap";
import type { Progress } from "../../workers/job-type.js";
import type { Options } from "../../workers/stats/options.js";
import { randomOf } from "./random-numbers.js";
import { type Settings, statsOf } from "./run-stats.js";

/** The answer, or the sentence of the mistake. */
async function outcome(content: string | Uint8Array, settings: Settings): Promise<unknown> {
  try {
    return await statsOf(content, settings);
  } catch (error) {
    if ((error as Error).name === "InputError") return (error as Error).message;
    throw error;
  }
}

const FILES: Record<string, [content: string | Uint8Array, options?: Options]> = {
  numbers: ["a,b\n1,2.5\n3,\n5,1e3\n7,-0.25\n9,4\n"],
  "line ends inside quotes": ['a,b\n"x\ny",1\n"p\n\nq",2\n"\n",3\nz,4\n"u\r\nv",5\n'],
  "quotes around records' look-alikes": ['a,b\n"1,2\n3,4\n5,6\n",7\n8,"9,10\n11,12"\n13,14\n'],
  "stray quotes": ['a,b\nx"y,1\n "z,2\n"t"u"v,3\n"w"" ",4\n"",5\n'],
  "doubled quotes": ['a,b\n"""","1"\n"""x""\n""","2"\n"a""b","""\n"\n'],
  "CRLF, blank lines and short records": ["a,b\r\n\r\n1,2\r\n \r\n3\r\n\r\n\t\r\n4,5\r\n"],
  "lone CR": ['a,b\r1,2\r\r"x\ry",3\r4\r'],
  "mixed line ends": ['a,b\n1,2\r3,4\r\n5,6\n\r7,8\r\r\n"9\r\n",10'],
  "a text after numbers": ["a,b\n1,1\n2,2\n3,3\n4,x\n5,5\n01,6\n1,7\n"],
  "texts before numbers": ["a,b\n1,x\n2,\n3,3\n4,03\n5,3\n6,3.0\n"],
  "truth values": ["a,b\nTrue,\nfalse,TRUE\nTRUE,False\ntrue,\n"],
  "integers beyond 2^64": ["a,b\n1,1.5\n2,18446744073709551616\n18446744073709551616,3\n1.5,4\n"],
  "first seen of equals": ["a\nq\nb\nq\nb\nc\nc\n"],
  "a long record in short parts": [`a,b\n1,2\n"${"x\n".repeat(60)}",3\n4,5\n`],
  "no newline at the end": ["a,b\n1,2\n3,"],
  "a byte order mark": ["\ufeffa,b\n1,é\n2,é\n3,e\n"],
  "a single-byte encoding": [Buffer.from("a,b\n1,\xe9\n2,\xe9\n3,e\n", "latin1"), { encoding: "latin-1" }],
  "no header": ["1,2\n3,4\n5,6\n", { header: false }],
  "long records skipped": ["a,b\n1,2\n3,4,5\n6,7\n8,9,10\n", { badRows: "skip" }],
  "a long record": ['a,b\n"x\ny",2\n\n3,4,5\n6,7,8\n'],
  "an unclosed quote": ['a,b\n1,2\n3,"4\n5,6\n7,8\n'],
  "invalid UTF-8 before a long record": [Buffer.from("a,b\n1,2\n3,\xff\n5,6\n7,8,9\n", "latin1")],
  "invalid UTF-8 after a long record": [Buffer.from("a,b\n1,2\n3,4,5\n6,\xff\n7,8\n", "latin1")],
  "numbers that are null": ["a,b\n1,999\n999.00,2.5\n0999,x\n4,999.0\n", { naValues: ["999"] }],
  "numbers that are null among integers": ["a,b\n1,0999\n999,2\n0999,999\n4,5\n", { naValues: ["999"] }],
  "some columns": ["a,b,c\n1,x,2\n3,4,5\n6,7,y\n", { usecols: ["b", "c"] }],
  "only a header": ["aaa,bbb,ccc\n"],
};

for (const [name, [content, options = {}]] of Object.entries(FILES)) {
  t.test(name, async (t) => {
    const whole = await outcome(content, { options });
    const bytes = Buffer.from(content).length;
    const differing: unknown[] = [];
    for (let partBytes = 1; partBytes < bytes; partBytes++) {
      const sizes = { smallBytes: 0, partBytes, manyValues: partBytes % 2 ? 0 : 1e9 };
      const split = await outcome(content, { options, sizes });
      if (!isDeepStrictEqual(split, whole)) differing.push({ sizes, split });
    }
    t.strictSame(differing, [], JSON.stringify(whole));
  });
}

t.test("files of random tokens", async (t) => {
  const tokens = ["1", "2.5", ",", ",", "\n", "\n", "\r\n", "\r", '"', '""', '","', "x", " ", "NA", "é"];
  const differing: unknown[] = [];
  for (let seed = 0; seed < 50; seed++) {
    const random = randomOf(seed);
    let content = "a,b\n";
    for (let count = 0; count < 30; count++) content += tokens[Math.floor(random() * tokens.length)];
    const options: Options = { delimiter: ",", badRows: "skip" };
    const whole = await outcome(content, { options });
    for (const partBytes of [1, 2, 3, 5, 8]) {
      const split = await outcome(content, { options, sizes: { smallBytes: 0, partBytes } });
      if (!isDeepStrictEqual(split, whole)) differing.push({ content, partBytes, split, whole });
    }
  }
  t.strictSame(differing, []);
});

t.test("a log of the parts, and a file large enough to be divided by itself", async (t) => {
  const rows = 200_000;
  const content = `n,s\n${Array.from({ length: rows }, (_, row) => `${row},"k${row % 7}"\n`).join("")}`;
  const sentences: string[] = [];
  const split = await statsOf(content, { sentences, threads: 2 });
  const whole = await statsOf(content, { sizes: { smallBytes: 1e9 } });
  t.strictSame(split, whole);
  t.match(sentences, [
    `Found ${content.length} bytes: utf-8, delimiter ",", line ends "\\n", 2 columns.`,
    /^Read 200000 rows in [2-9] parts[.]$/,
  ]);
  t.equal(sentences.length, 2);
  // of 0 … n - 1 the mean is (n - 1) / 2 and the sample's variance n (n + 1) / 12
  t.equal(split.columns[0]!.mean, (rows - 1) / 2);
  t.ok(Math.abs((split.columns[0]!.std as number) / Math.sqrt((rows * (rows + 1)) / 12) - 1) < 1e-12);
  // 200000 = 7 × 28571 + 3: the first three keys have one more
  t.match(split.columns[1], { unique: 7, top: "k0", freq: 28_572 });
});

t.test("the log says what was found, left out, and read once more", async (t) => {
  const cases: [content: string | Uint8Array, settings: Settings, sentences: string[]][] = [
    [
      "a;b\r\n1;2\r\n",
      {},
      ['Found 10 bytes: utf-8, delimiter ";", line ends "\\r\\n", 2 columns.', "Read 1 row in 1 part."],
    ],
    [
      "a\tb\n1\t2\n3\t4\t5\n6\t7\t8\n",
      { options: { badRows: "skip", delimiter: "\t", usecols: ["b"] } },
      [
        'Found 20 bytes: utf-8, delimiter "\\t", line ends "\\n", 2 columns, of which 1 are wanted.',
        "Read 1 row in 1 part; left out 2 records with too many fields.",
      ],
    ],
    [
      gzipSync("a\n1\n"),
      {},
      [
        `Found ${gzipSync("a\n1\n").length} bytes of gzip: utf-8, delimiter ",", line ends "\\n", 1 column.`,
        "Read 1 row in 1 part.",
      ],
    ],
    // inside the quotes is what looks like the beginning of a record
    [
      'a,b\n"x\ny",1\n"p\n\nq",2\n"\n",3\nz,4\n"u\r\nv",5\n',
      { sizes: { smallBytes: 0, partBytes: 10 } },
      [
        'Found 40 bytes: utf-8, delimiter ",", line ends "\\n", 2 columns.',
        "Reading 2 parts again, from where the part before has ended.",
        "Read 5 rows in 4 parts.",
      ],
    ],
    [
      `a,b\n${Array.from({ length: 40_000 }, (_, at) => `${at},x\n`).join("")}`,
      { memory: 400_000 },
      [
        'Found 308894 bytes: utf-8, delimiter ",", line ends "\\n", 2 columns.',
        "Read 40000 rows in 1 part.",
        "The values take more than 400000 bytes: 1 column described by estimates.",
      ],
    ],
  ];
  for (const [content, settings, expected] of cases) {
    const sentences: string[] = [];
    await statsOf(content, { ...settings, sentences });
    t.strictSame(sentences, expected);
  }
});

t.test("progress: of each round, the parts' bytes are the whole, and rows and speed are told", async (t) => {
  const content = `a,b\n${Array.from({ length: 20_000 }, (_, at) => `${at},${at < 18_000 ? at : "x"}\n`).join("")}`;
  const told: Progress[] = [];
  const sizes = { smallBytes: 0, partBytes: 60_000, manyValues: 0 };
  await statsOf(content, { told, sizes, options: { level: "full" } });
  const rounds = new Map<string, Progress[]>();
  for (const progress of told) {
    const name = `${progress.stage} ${progress.total}`;
    rounds.set(name, [...(rounds.get(name) ?? []), progress]);
  }
  const reading = content.length - "a,b\n".length;
  // the column b is read again as texts, in the parts in which it held numbers
  const again = [...rounds.keys()].find(
    (name) => name.startsWith("reading") && name !== `reading ${reading}`,
  )!;
  t.match(again, /^reading 1\d{5}$/);
  t.same([...rounds.keys()], [`reading ${reading}`, again, "describing 2", `comparing ${reading}`]);
  for (const [name, [first, ...others]] of rounds) {
    if (name.startsWith("describing")) continue;
    t.match(first, { unit: "bytes", rate: "bytesPerSecond", detail: { rows: Number } });
    t.ok(others.length > 0);
  }
  const rowsIn = (name: string) =>
    rounds.get(name)!.reduce((sum, { detail }) => sum + (detail!.rows as number), 0);
  t.ok(rowsIn(`comparing ${reading}`) >= 20_000);
});
