// The file store: what is received is whole or not there.
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import t from "tap";
import { FileStore, FileTooLarge } from "../../src/files/file-store.js";
import { unfinishedPath } from "../../workers/answer.js";

const dir = await mkdtemp(join(tmpdir(), "abacus-files-"));
t.teardown(() => rm(dir, { recursive: true }));
const files = await FileStore.open(dir, true);

const sha256 = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");

t.test("received: counted, hashed, and looked at", async (t) => {
  const contents: [Buffer, boolean][] = [
    [Buffer.from(""), false],
    [Buffer.from("x"), false],
    [Buffer.from("a,b\n1,2\n"), false],
    [gzipSync("a,b\n1,2\n"), true],
    [Buffer.from([0x1f]), false],
  ];
  for (const [content, gzip] of contents) {
    // byte by byte, so that the magic bytes come apart
    const source = Readable.from(Array.from(content, (byte) => Buffer.from([byte])));
    const received = await files.receive("one", source, 1000);
    t.strictSame(received, { bytes: content.length, sha256: sha256(content), gzip });
    t.strictSame(await readFile(files.path("uploads", "one")), content);
    t.equal((await stat(files.path("uploads", "one"))).mode & 0o777, 0o600, "for nobody else");
  }
  await files.remove("uploads", "one");
});

t.test("too large: nothing is left, and the source has ended", async (t) => {
  const source = new PassThrough();
  source.write(Buffer.alloc(6));
  source.write(Buffer.alloc(5));
  await t.rejects(files.receive("two", source, 10), new FileTooLarge(11));
  t.ok(source.destroyed);
  t.strictSame(await readdir(join(dir, "uploads")), []);
  t.equal(
    (await files.receive("two", Readable.from([Buffer.alloc(10)]), 10)).bytes,
    10,
    "the limit itself is allowed",
  );
  await files.remove("uploads", "two");
});

t.test("cut off at any moment: nothing is left", async (t) => {
  for (let turns = 0; turns < 100; turns++) {
    const source = new PassThrough();
    source.write(Buffer.alloc(100_000));
    const received = files.receive("three", source, 1e9);
    for (let i = 0; i < turns % 20; i++) await new Promise((resolve) => setImmediate(resolve));
    source.destroy(new Error("cut off"));
    await t.rejects(received, { message: "cut off" });
    t.strictSame(await readdir(join(dir, "uploads")), []);
  }
});

t.test("read: from its beginning, also when it is removed meanwhile", async (t) => {
  await files.receive("four", Readable.from([Buffer.from("content")]), 1000);
  const file = await files.read("uploads", "four");
  await files.remove("uploads", "four");
  t.equal(file?.bytes, 7);
  t.equal(await text(file!.stream), "content");
  t.equal(await files.read("uploads", "four"), undefined);
  t.notOk(await files.has("uploads", "four"));
  await files.remove("uploads", "four"); // what is not there is removed
});

t.test("removing what belongs to a job", async (t) => {
  for (const kind of FileStore.kinds) await writeFile(files.path(kind, "five"), "x");
  await files.removeComputed("five");
  t.notOk((await files.has("results", "five")) || (await files.has("made", "five")));
  t.ok(await files.has("scratch", "five"));
  await files.removeAll("five");
  t.notOk(await files.has("uploads", "five"));
});

t.test("removing what was not finished: of this process alone", async (t) => {
  const results = files.path("results", "six");
  const made = files.path("made", "six");
  const others = [results, made, `${results}.another-process.part`];
  for (const path of [...others, unfinishedPath(results), unfinishedPath(made)]) await writeFile(path, "x");
  await files.removeUnfinished("six");
  t.strictSame((await readdir(files.folder("results"))).sort(), ["six", "six.another-process.part"]);
  t.strictSame(await readdir(files.folder("made")), ["six"]);
  for (const path of others) await rm(path);
  await files.removeUnfinished("six");
});
