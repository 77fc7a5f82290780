// Reading CSV: the rules of RFC 4180 with pandas' leniencies, encodings, options, and what cannot be read.
import { renameSync } from "node:fs";
import { gzipSync } from "node:zlib";
import t from "tap";
import { gunzipped } from "../../workers/stats/bytes.js";
import type { ColumnFigures } from "../../workers/stats/describe.js";
import { openTable } from "../../workers/stats/open-table.js";
import type { Options } from "../../workers/stats/options.js";
import { randomOf } from "./random-numbers.js";
import { contextOf, mistakeOf, type Settings, statsOf } from "./run-stats.js";

/** What a file with a single row of texts holds: its names and values. */
async function rowOf(content: string | Uint8Array, options: Options = {}): Promise<Record<string, unknown>> {
  const { columns } = await statsOf(content, { options });
  return Object.fromEntries(columns.map((column) => [column.name, onlyValue(column)]));
}

function onlyValue({ count, top, min }: ColumnFigures): unknown {
  return count === 0 ? null : (top ?? min);
}

t.test("quotes", async (t) => {
  // pandas.read_csv(io.StringIO(content, newline="")).iloc[0]
  const cases: [line: string, a: unknown, b: unknown][] = [
    ['"x,y",z', "x,y", "z"],
    ['"x\ny",z', "x\ny", "z"],
    ['"x\r\ny",z', "x\r\ny", "z"],
    ['"x""y",z', 'x"y', "z"],
    ['"""x""",z', '"x"', "z"],
    ['"x"y,z', "xy", "z"],
    ['"x"y"z",z', 'xy"z"', "z"],
    ['"x""y"z"w"",z', 'x"yz"w""', "z"],
    ['"x" ,z', "x ", "z"],
    ['x"y",z', 'x"y"', "z"],
    [' "x",z', ' "x"', "z"],
    ['"",z', null, "z"],
    ['"NA",z', null, "z"],
    ['"1",z', 1, "z"],
    ['x,"z"', "x", "z"],
  ];
  for (const [line, a, b] of cases)
    for (const end of ["", "\n", "\r\n", "\r"])
      t.strictSame(
        await rowOf(`a,b\n${line}${end}`, { delimiter: "," }),
        { a, b },
        JSON.stringify(line + end),
      );
});

t.test("line ends", async (t) => {
  for (const [newline, content] of [
    ["\n", "a,b\n1,2\n3,4\n"],
    ["\r\n", "a,b\r\n1,2\r\n3,4\r\n"],
    ["\r", "a,b\r1,2\r3,4\r"],
    ["\r\n", "a,b\r\n1,2\r3,4\n"],
    ["\n", "\r\na,b\n1,2\n\n\n3,4"],
  ] as const) {
    const { rows, columns, source } = await statsOf(content);
    t.match(
      { rows, a: columns[0], b: columns[1], newline: source!.newline },
      {
        rows: 2,
        a: { name: "a", max: 3 },
        b: { name: "b", max: 4 },
        newline,
      },
    );
  }
  t.equal((await statsOf("a,b")).source!.newline, "\n", "none: LF");
});

t.test("blank lines are skipped, also with spaces and tabs on them", async (t) => {
  t.equal((await statsOf("\n \na,b\n\n1,2\n \t \r\n3,4\n  ")).rows, 2);
  // a tab that is the delimiter makes a record of two nulls
  t.match(await statsOf("a\tb\n\t\n \n1\t2\n"), { rows: 2, columns: [{ nulls: 1 }, { nulls: 1 }] });
  t.match(
    await statsOf('a\n""\n1\n'),
    { rows: 2, columns: [{ nulls: 1 }] },
    "a quoted nothing is no blank line",
  );
});

t.test("delimiters", async (t) => {
  const found = async (content: string) => (await statsOf(content)).source!.delimiter;
  t.equal(await found("a,b\n1,2\n"), ",");
  t.equal(await found("a;b\n1,5;2,5\n3,5;4,5\n"), ";", "of two fields each, but the comma gives three");
  t.equal(await found("a\tb\tc\n1\t2\t3\n"), "\t");
  t.equal(await found("a|b\n1|2\n"), "|");
  t.equal(await found("a|b|c,d\n1|2|3,4\n"), "|", "most fields win");
  t.equal(await found("a;b,c\n1;2,3\n"), ",", "then the order");
  t.equal(await found("a|b\tc;d\n1|2\t3;4\n"), ";");
  t.equal(await found("a|b\tc\n1|2\t3\n"), "\t");
  t.equal(await found("a;b\n1;2;3\n"), ",", "differing numbers of fields: a comma");
  t.equal(await found("a\n1\n"), ",");
  t.equal(await found('"a;b";c\n"1,2";3\n'), ";", "those in quotes do not count");
  const rows = "1;2\n".repeat(18);
  t.equal(await found(`a;b\n${rows}3;4\n5\n`), ";", "the 21st record is not looked at");
  t.equal(await found(`a;b\n${rows}5\n`), ",", "the 20th is");
  t.equal(await found(`\n \na;b\n${"\n".repeat(30)}${rows}5\n`), ",", "blank lines are no records");
  t.equal((await statsOf("a:b\n1:2\n", { options: { delimiter: ":" } })).columns.length, 2);
  t.equal((await statsOf("a\tb\n1\t2\n", { options: { delimiter: "\\t" } })).source!.delimiter, "\t");
  const long = `"${"x".repeat(100_000)}"`;
  t.equal(await found(`a;b\n${`${long};2\n`.repeat(3)}`), ";", "more than one look at the head");
});

t.test("encodings", async (t) => {
  const content = "näme,b\nzoë,1\n";
  const utf16be = Buffer.from(`\ufeff${content}`, "utf16le").swap16();
  const cases: [string, Uint8Array, Options][] = [
    ["utf-8", Buffer.from(content), {}],
    ["utf-8", Buffer.from(`\ufeff${content}`), {}],
    ["utf-8", Buffer.from(`\ufeff${content}`), { encoding: "latin-1" }],
    ["utf-16le", Buffer.from(`\ufeff${content}`, "utf16le"), {}],
    ["utf-16be", utf16be, { encoding: "utf-8" }],
    ["utf-16le", Buffer.from(content, "utf16le"), { encoding: "utf_16" }],
    ["windows-1252", Buffer.from(content, "latin1"), { encoding: "latin-1" }],
    ["utf-16le", Buffer.from(`\ufeff${content.replaceAll(",", ";")}`, "utf16le"), {}],
    ["utf-8", gzipSync(content), {}],
    ["utf-16be", gzipSync(utf16be), {}],
  ];
  for (const [name, bytes, options] of cases) {
    const { columns, source } = await statsOf(bytes, { options });
    t.match(source, { encoding: name, bytes: bytes.length });
    t.strictSame(columns.map(onlyValue), ["zoë", 1]);
    t.equal(columns[0]!.name, "näme");
  }
  t.match(await rowOf("\ufeff\ufeffa,b\nx,1\n"), { "\ufeffa": "x" }, "a byte order mark is skipped once");
  // the second byte of ソ in Shift JIS is a backslash's, that of ポ a vertical bar's
  const japanese = Buffer.from([0x61, 0x2c, 0x62, 0x0a, 0x83, 0x5c, 0x83, 0x7c, 0x2c, 0x31, 0x0a]);
  t.strictSame(await rowOf(japanese, { encoding: "shift_jis" }), { a: "ソポ", b: 1 });
  t.strictSame(
    await rowOf(Buffer.from("a,b\n\xe9,\xfc\n", "latin1"), { encoding: "latin-1", naValues: ["ü"] }),
    { a: "é", b: null },
    "null values are spelled in the file's encoding",
  );
  // what is not as in ISO 8859-1, and the last byte
  const western = Buffer.from("\x80,b\n\x93\xff\x94,\x85\n", "latin1");
  for (const encoding of ["windows-1252", "cp1252", "latin-1"])
    t.strictSame(await rowOf(western, { encoding, naValues: ["…"] }), { "€": "“ÿ”", b: null }, encoding);
});

t.test("headers", async (t) => {
  const names = async (content: string, options: Options = {}) =>
    (await statsOf(content, { options })).columns.map(({ name }) => name);
  t.strictSame(await names("a,,a\n1,2,3\n"), ["a", "Unnamed: 1", "a.1"]);
  t.strictSame(await names('"x ""y""","p\nq", r\n1,2,3\n'), ['x "y"', "p\nq", " r"]);
  t.strictSame(await names("__proto__,constructor\n1,2\n"), ["__proto__", "constructor"]);
  t.strictSame(await names("5,6\n7,8\n", { header: false }), ["0", "1"]);
  t.equal((await statsOf("5,6\n7,8\n", { options: { header: false } })).rows, 2);
  t.strictSame(await statsOf("a,b\n").then(({ rows, columns }) => [rows, columns.length]), [0, 2]);
});

t.test("short and long records", async (t) => {
  const content = "a,b,c\n1\n1,2\n1,2,3\n1,2,3,4\n1,2,3\n";
  t.match(await mistakeOf(content), /^expected 3 fields in line 5, saw 4/);
  const { rows, columns, source } = await statsOf(content, { options: { badRows: "skip" } });
  t.equal(rows, 4);
  t.strictSame(
    columns.map(({ nulls }) => nulls),
    [0, 1, 2],
  );
  t.equal(source!.skippedRows, 1);
  const padded = await statsOf("a,b\n1,x\n2\n", { options: { keepDefaultNa: false } });
  t.match(padded.columns[1], { count: 1, nulls: 1 }, "what is missing is null, whatever stands for a null");
  t.notOk("skippedRows" in (await statsOf("a,b\n1,2\n")).source!);
  t.match(
    await mistakeOf("a,b\n1,2,3\n"),
    /^expected 2 fields in line 2, saw 3/,
    "no index is made of the first field",
  );
  // LF, CRLF and CR, in quotes and out of them
  t.match(await mistakeOf('a,b\n\n"x\r\ny\rz",1\r2,3\r\n4,5,6\n'), /in line 7,/);
});

t.test("nulls", async (t) => {
  const nullsOf = async (values: string[], options: Options = {}) =>
    (await statsOf(`v,w\n${values.map((value) => `${value},0\n`).join("")}`, { options })).columns[0]!.nulls;
  const list =
    "#N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|-NaN|-nan|1.#IND|1.#QNAN|<NA>|N/A|NA|NULL|NaN|None|n/a|nan|null|";
  const values = list.split("|");
  t.equal(await nullsOf(values), 19);
  t.equal(await nullsOf(values.map((value) => `"${value}"`)), 19, "quoted or not");
  t.equal(await nullsOf(["16", "5"], { naValues: ["0x10"] }), 0, "hexadecimal is no number, as in pandas");
  t.equal(await nullsOf(["16", "5"], { naValues: ["1.6e1"] }), 1);
  t.equal(await nullsOf(["x", " NA", "NA ", "na", "Null", "NAN", "-", "?"]), 0);
  t.equal(await nullsOf(["x", "?", "-", "NA"], { naValues: ["?", "-"] }), 3);
  t.equal(await nullsOf(["x", "", "NA"], { keepDefaultNa: false }), 0);
  t.equal(await nullsOf(["x", "", "NA"], { keepDefaultNa: false, naValues: ["NA"] }), 1);
  // pandas.read_csv(…, na_values=["999"]): another spelling of the number is null where a decimal is in the column
  t.equal(await nullsOf(["999", "5", "0999", "999.0"], { naValues: ["999"] }), 2);
  t.equal(await nullsOf(["999", "5.5", "0999", "999.0"], { naValues: ["999"] }), 3);
  t.equal(await nullsOf(["5", "0999"], { naValues: ["999"] }), 0);
  t.equal(await nullsOf(["5", "0999", ""], { naValues: ["999"] }), 1);
  t.equal(await nullsOf(["0", "-0", "0.0", "1"], { naValues: ["0"] }), 2);
  t.equal(await nullsOf(["0", "-0", "0.0", "1.5"], { naValues: ["0"] }), 3);
  t.equal(await nullsOf(["5", "0999", "x", "999.0"], { naValues: ["999"] }), 1);
});

t.test("a compressed table may take as much memory as a plain one", async (t) => {
  // its header alone is nearly as long as all of it is when compressed
  const next = randomOf(1);
  const rowOf = (value: (column: number) => string) =>
    Array.from({ length: 8000 }, (_, i) => value(i)).join();
  const rows = Array.from({ length: 40 }, () => rowOf(() => `${Math.floor(next() * 10)}`));
  const content = `${rowOf((i) => `column ${Math.sin(i)}`)}\n${rows.join("\n")}\n`;
  for (const sent of [content, gzipSync(content)])
    t.equal((await statsOf(sent, { memory: 8 * 2 ** 20 })).rows, 40);
});

t.test("some columns", async (t) => {
  const content = "a,b,a,c\n1,x,3,4\n5,y,7,8\n";
  const { columns } = await statsOf(content, { options: { usecols: ["c", "a.1"] } });
  t.match(columns, [
    { name: "a.1", max: 7 },
    { name: "c", max: 8 },
  ]);
  t.equal((await statsOf(content, { options: { usecols: [] } })).columns.length, 4);
  t.equal(
    await mistakeOf(content, { options: { usecols: ["a", "d"] } }),
    "/options/usecols/1 names a column that is not there: d",
  );
});

t.test("percentiles", async (t) => {
  const { columns } = await statsOf("a\n0\n10\n", { options: { percentiles: [0.999, 0.05] } });
  t.match(columns[0], { "5%": 0.5, "50%": 5, "99.9%": 9.99 });
  t.notOk("25%" in columns[0]!);
});

t.test("what cannot be read", async (t) => {
  const cases: [sentence: RegExp, content: string | Uint8Array, settings?: Settings][] = [
    [/^there is nothing to read: the file is empty$/, ""],
    [/^there is nothing to read: the file is empty$/, "\ufeff"],
    [/^there is nothing to read: the file is empty$/, gzipSync("")],
    [/^there is nothing to read: the file holds only blank lines$/, "\n\r\n \r"],
    [/^the quote that opens a field in line 1 is never closed$/, 'a,"b\n1,2\n'],
    [/^the quote that opens a field in line 3 is never closed$/, 'a,b\n1,2\n3,"4\n5,6\n'],
    [
      /^not valid UTF-8: the byte at offset 6 \(line 2\); .* say encoding=windows-1252$/,
      Buffer.from("a,b\n1,\xe9\n", "latin1"),
    ],
    [/^not valid UTF-8: the byte at offset 2 \(line 1\)/, Buffer.from("a,\xe9\n1,2\n", "latin1")],
    [
      /^not valid UTF-8: the byte at offset 6 of the unpacked content/,
      gzipSync(Buffer.from("a,b\n1,\xe9\n", "latin1")),
    ],
    [/^the file is not valid utf-16le: /, Buffer.from([0xff, 0xfe, 0x61, 0, 0x0a, 0, 0, 0xd8])],
    [/^COLUMNS is 2: the first record has 3 fields$/, "a,b,c\n1,2,3\n", { limits: { columns: 2 } }],
    [
      /^FIELD_BYTES is 5: a field that begins in line 3 is longer/,
      "a,b\n1,2\n3,123456\n",
      { limits: { fieldBytes: 5 } },
    ],
    [
      /^FIELD_BYTES is 5: a field that begins in line 1 is longer/,
      "a,bbbbbb\n",
      { limits: { fieldBytes: 5 } },
    ],
    [
      /^FIELD_BYTES is 8: .*in line 2 .*never closed/,
      'a,b\n1,"2\n3,4\n5,6\n7,8\n',
      { limits: { fieldBytes: 8 } },
    ],
    [/more than 100 bytes, the memory of this job/, "a\n1\n2\n", { memory: 100 }],
    [/more than 100 bytes, the memory of this job/, "a\n1\n2\n", { options: { memory: 100 } }],
    [/^the gzip file is damaged: /, gzipSync("a,b\n1,2\n").subarray(0, 20)],
    [
      /^\/options\/encoding names no encoding that is known here: x$/,
      "a,b\n1,2\n",
      { options: { encoding: "x" } },
    ],
    [/^\/options\/delimiter must be one ASCII character/, "a,b\n1,2\n", { options: { delimiter: "::" } }],
  ];
  for (const [sentence, content, settings] of cases) t.match(await mistakeOf(content, settings), sentence);
  t.match(
    await statsOf("a,b\n1,12345\n", { limits: { fieldBytes: 5, columns: 2 } }),
    { rows: 1 },
    "at the limits",
  );
});

t.test("gzip", async (t) => {
  const content = `n,s\n${Array.from({ length: 100_000 }, (_, at) => `${at},k${at % 3}\n`).join("")}x,y\n`;
  const plain = await statsOf(content, { sizes: { smallBytes: 1e9 } });
  const { columns, rows, source } = await statsOf(gzipSync(content));
  t.strictSame({ columns, rows }, { columns: plain.columns, rows: plain.rows });
  t.notSame(
    source!.sha256,
    plain.source!.sha256,
    "the figures of the file itself are those of what was sent",
  );

  const { context, remove } = contextOf(gzipSync("0".repeat(5_000_000)));
  t.teardown(remove);
  const read = async () => {
    let bytes = 0;
    for await (const chunk of gunzipped(context.file!.path, 1_000_000)) bytes += chunk.length;
    return bytes;
  };
  await t.rejects(read(), {
    message: "the gzip file unpacks to more than 1000000 bytes, the most that is read (UPLOAD_BYTES)",
  });
});

t.test("twenty thousand columns", async (t) => {
  const line = (cell: (at: number) => string) =>
    `${Array.from({ length: 20_000 }, (_, at) => cell(at)).join(",")}\n`;
  const content = line((at) => `c${at}`) + line((at) => `${at}`) + line((at) => (at % 2 ? `${-at}` : "x"));
  const { columns } = await statsOf(content, { sizes: { smallBytes: 0, partBytes: 100_000 } });
  t.equal(columns.length, 20_000);
  t.match(columns[19_999], { name: "c19999", dtype: "int64", min: -19_999, mean: 0 });
  t.match(columns[19_998], { dtype: "object", top: "19998", unique: 2 });
});

t.test("a file that was not there is looked for again", async (t) => {
  const { context, remove } = contextOf("a\n1\n");
  const { path } = context.file!;
  renameSync(path, `${path}.away`);
  await t.rejects(openTable({}, context), { code: "ENOENT" });
  renameSync(`${path}.away`, path);
  t.same((await openTable({}, context)).names, ["a"]);
  remove();
});
