// The records of the tutorials' services under many writers at once, over connections of their own.
import t from "tap";
import { FIRST_TASKS, type StoredRecord } from "../../src/records/kinds.js";
import { createRecords, type Records, TooManyRecordsError } from "../../src/records/records.js";
import { recordsKey } from "../../src/redis/keys.js";
import { startRedis } from "../redis-server.js";

const redis = await startRedis(t);
const connection = redis.connect();
const records = createRecords(connection, 1000);
/** As of several processes. */
const several = Array.from({ length: 5 }, () => createRecords(redis.connect(), 1000));
const HUNDRED = Array.from({ length: 100 }, (_, i) => i);

t.beforeEach(() => connection.flushall());

const entry = (user = 1) => ({ user, title: "work" });
const inParallel = <T>(use: (records: Records, i: number) => Promise<T>) =>
  Promise.all(HUNDRED.map((i) => use(several[i % several.length] as Records, i)));

async function all(pages: AsyncIterable<StoredRecord[]>): Promise<StoredRecord[]> {
  const found: StoredRecord[] = [];
  for await (const page of pages) found.push(...page);
  return found;
}

const read = (kind: "tasks" | "entries" = "entries") => all(records.list(kind));

t.test("a hundred writers at once, each of whom adds one", async (t) => {
  const { id } = await records.create("entries", entry(1));
  await inParallel((records) =>
    records.update("entries", id, ({ user, title }) => ({ user: user + 1, title })),
  );
  t.strictSame(await records.find("entries", id), { id, fields: '{"user":101,"title":"work"}' });
});

t.test("a hundred writers at once, each of another field", async (t) => {
  const { id } = await records.create("entries", entry());
  const written = await inParallel((records, i) =>
    records.update("entries", id, (fields) => ({ ...fields, [`field${i}`]: i })),
  );
  const found = await records.find("entries", id);
  const expected = { ...entry(), ...Object.fromEntries(HUNDRED.map((i) => [`field${i}`, i])) };
  t.strictSame(JSON.parse(found?.fields ?? ""), expected);
  t.ok(
    written.some((record) => record?.fields === found?.fields),
    "each gets what it wrote",
  );
});

t.test("a hundred creators at once get a hundred ids", async (t) => {
  const created = await inParallel((records, i) => records.create("entries", entry(i)));
  const ids = created.map(({ id }) => id).sort((one, other) => one - other);
  t.strictSame(
    ids,
    HUNDRED.map((i) => i + 1),
  );
  t.strictSame(
    await read(),
    created.sort((one, other) => one.id - other.id),
  );
});

t.test("as many as there may be, also when all come at once", async (t) => {
  const one = createRecords(redis.connect(), 10);
  const other = createRecords(redis.connect(), 10);
  const ends = await Promise.allSettled(HUNDRED.map((i) => (i % 2 ? one : other).create("entries", entry())));
  t.equal(ends.filter(({ status }) => status === "fulfilled").length, 10);
  t.equal((await read()).length, 10);
  const refused = one.create("entries", entry());
  await t.rejects(refused, TooManyRecordsError);
  await t.rejects(refused, {
    message: "there are 10 entries, which is as many as RECORDS allows: delete one first",
  });
  await one.create("people", { name: "ann", locale: "NYC", age: 1 }); // of each kind
  await records.remove("entries", 10);
  t.match(await one.create("entries", entry()), { id: 11 }, "a refusal takes no id, and none is given again");
});

t.test("a list in the order of ids, over several pages, while records go", async (t) => {
  for (let i = 0; i < 600; i++) await records.create("entries", entry(i));
  const pages = records.list("entries");
  const first = (await pages.next()).value ?? [];
  await records.remove("entries", 600);
  await records.remove("entries", 1);
  const rest = await all(pages);
  t.ok(first.length > 1 && rest.length > first.length);
  t.strictSame(
    [...first, ...rest].map(({ id }) => id),
    Array.from({ length: 599 }, (_, i) => i + 1),
  );
  t.strictSame(await read("tasks"), []);
});

t.test("what is kept is what was given, to the letter", async (t) => {
  const fields = { user: Number.MAX_SAFE_INTEGER, title: '"é\u0000\u2028😀\ud800\\' };
  const { id } = await records.create("entries", fields);
  const found = await records.find("entries", id);
  t.strictSame(JSON.parse(found?.fields ?? ""), fields);
  await records.update("entries", id, (before) => ({ ...before, title: before.title }));
  t.strictSame(await records.find("entries", id), found, "the order of the fields, too");
});

t.test("what is not there is neither changed nor removed", async (t) => {
  t.equal(await records.find("entries", 1), undefined);
  t.equal(await records.update("entries", 1, (fields) => fields), undefined);
  t.equal(await records.remove("entries", 1), undefined);
  const { id, fields } = await records.create("entries", entry());
  const changed = records.update("entries", id, (before) => {
    void connection.hdel(recordsKey("entries"), String(id)); // before the change arrives
    return { ...before, user: 2 };
  });
  t.equal(await changed, undefined);
  t.equal(await records.find("entries", id), undefined, "and does not come back");
  const again = await records.create("entries", entry());
  t.strictSame(await records.remove("entries", again.id), { id: again.id, fields });
  t.equal(await records.remove("entries", again.id), undefined);
});

t.test("the first tasks come once, however many begin at the same time", async (t) => {
  await inParallel((records) => records.seed("tasks", FIRST_TASKS));
  const tasks = await read("tasks");
  t.strictSame(
    tasks,
    FIRST_TASKS.map((task, i) => ({ id: i + 1, fields: JSON.stringify(task) })),
  );
  for (const { id } of tasks) await records.remove("tasks", id);
  await records.seed("tasks", FIRST_TASKS);
  t.strictSame(await read("tasks"), [], "what was deleted stays so");
  t.match(await records.create("tasks", { title: "x", description: "", done: false }), { id: 3 });
});
