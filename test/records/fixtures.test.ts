// Fixtures: what is refused, named by record, and that loading is all or nothing.
import t from "tap";
import { dump, FixtureError, load, parseFixtures } from "../../src/records/fixtures.js";
import { FIRST_TASKS } from "../../src/records/kinds.js";
import { createRecords } from "../../src/records/records.js";
import { startRedis } from "../redis-server.js";

const redis = await startRedis(t);
const connection = redis.connect();
const records = createRecords(connection, 5);
t.beforeEach(() => connection.flushall());

const PETER = { name: "peter", locale: "NYC", age: 42 };
const peter = (pk: number, more: object = {}) => ({ model: "people", pk, fields: { ...PETER, ...more } });
const parse = (fixtures: unknown) => parseFixtures(Buffer.from(JSON.stringify(fixtures)));
const put = (...fixtures: object[]) => load(connection, parse(fixtures), 5);

async function dumped(): Promise<string> {
  let text = "";
  for await (const piece of dump(records)) text += piece;
  return text;
}

t.test("a record a line, by model and id", async (t) => {
  t.equal(await dumped(), "[]\n");
  await records.seed("tasks", FIRST_TASKS);
  await put({ model: "entries", pk: 10, fields: { user: 1, title: "é\ud800" } }, peter(10), peter(9));
  t.equal(
    await dumped(),
    `[
{"model": "tasks", "pk": 1, "fields": ${JSON.stringify(FIRST_TASKS[0])}},
{"model": "tasks", "pk": 2, "fields": ${JSON.stringify(FIRST_TASKS[1])}},
{"model": "people", "pk": 9, "fields": {"name":"peter","locale":"NYC","age":42}},
{"model": "people", "pk": 10, "fields": {"name":"peter","locale":"NYC","age":42}},
{"model": "entries", "pk": 10, "fields": {"user":1,"title":"é\\ud800"}}
]
`,
  );
});

t.test(
  "what is loaded takes the place of what had its id, and the next id is past the highest",
  async (t) => {
    for (let age = 1; age <= 3; age++) await records.create("people", { ...PETER, age });
    await put(peter(2, { age: 22 }), peter(7));
    t.strictSame(JSON.parse(await dumped()), [
      peter(1, { age: 1 }),
      peter(2, { age: 22 }),
      peter(3, { age: 3 }),
      peter(7),
    ]);
    t.match(await records.create("people", PETER), { id: 8 });
    await records.remove("people", 8);
    await put(peter(1));
    t.match(await records.create("people", PETER), { id: 9 }, "an id that was given stays so");
  },
);

t.test("what was loaded without the first tasks stays without them", async (t) => {
  await put(peter(1));
  await records.seed("tasks", FIRST_TASKS);
  t.strictSame(JSON.parse(await dumped()), [peter(1)]);
});

t.test("more than are read or written together", async (t) => {
  const many = Array.from({ length: 600 }, (_, i) => peter(i + 1, { age: i }));
  await load(connection, parse([...many].reverse()), 1000);
  const text = await dumped();
  t.strictSame(JSON.parse(text), many);
  t.equal(text.split("\n").length, 600 + 3, "a line each");
});

t.test("what others write while it looks is looked at, too", async (t) => {
  for (let i = 0; i < 3; i++) await records.create("people", PETER);
  const own = redis.connect();
  let others = 2;
  const hkeys = own.hkeys.bind(own);
  own.hkeys = async (key) => {
    const ids = await hkeys(key);
    if (others-- > 0) await records.create("people", PETER);
    return ids;
  };
  const refused = load(own, parse([peter(9)]), 5);
  await t.rejects(refused, new FixtureError("people 9 would be more people than RECORDS allows, which is 5"));
  t.strictSame(
    JSON.parse(await dumped()).map(({ pk }: { pk: number }) => pk),
    [1, 2, 3, 4, 5],
  );
  await records.remove("people", 5);
  others = 1;
  await load(own, parse([peter(1)]), 6);
  await records.remove("people", 6);
  t.match(await records.create("people", PETER), { id: 7 }, "no id is given twice");
});

t.test("more than RECORDS: nothing is loaded", async (t) => {
  await put(peter(1), peter(2), peter(3));
  const before = await dumped();
  const refused = put(peter(1, { age: 1 }), peter(4), peter(5), peter(6));
  await t.rejects(refused, new FixtureError("people 6 would be more people than RECORDS allows, which is 5"));
  t.equal(await dumped(), before);
  await t.resolves(put(peter(1, { age: 1 }), peter(4), peter(5)));
  await t.resolves(load(connection, parse([peter(2)]), 1), "more are there already, and none is new");
});

t.test("fields are written in their own order; after the last id there is no further one", async (t) => {
  const last = Number.MAX_SAFE_INTEGER;
  await put({ model: "tasks", pk: last, fields: { done: true, description: "", title: "the last" } });
  const fields = '{"title":"the last","description":"","done":true}';
  t.match(await dumped(), `{"model": "tasks", "pk": ${last}, "fields": ${fields}}`);
  await t.rejects(records.create("tasks", FIRST_TASKS[0]!), { name: "TooManyRecordsError" });
  t.match(await records.find("tasks", last), { id: last, fields });
  await put(...JSON.parse(await dumped()));
});

t.test("what is wrong is named by its record", async (t) => {
  const task = { model: "tasks", pk: 1, fields: FIRST_TASKS[0] };
  const refused: [fixtures: unknown, message: RegExp][] = [
    [{}, /^the fixtures must be an array of records$/],
    [null, /^the fixtures must be an array of records$/],
    [[null], /^record 1: its model must be one of tasks, people, entries$/],
    [[task, { ...task, model: "auth.user" }], /^record 2: its model must be one of tasks, people, entries$/],
    [[{ ...task, model: ["tasks"] }], /^record 1: its model must be one of/],
    [[{ ...task, model: "constructor" }], /^record 1: its model must be one of/],
    [[peter(0)], /^record 1 \(people 0\): \/pk must be >= 1$/],
    [[peter(1.5)], /^record 1 \(people 1.5\): \/pk must be integer$/],
    [[peter(2 ** 53)], /^record 1 \(people 9007199254740992\): \/pk must be <= 9007199254740991$/],
    [[{ model: "people", fields: PETER }], /^record 1 \(people undefined\): \/pk is required$/],
    [[{ ...task, pk: "1" }], /^record 1 \(tasks 1\): \/pk must be integer$/],
    [[{ ...task, more: 1 }], /^record 1 \(tasks 1\): \/more is not a known field$/],
    [[{ model: "tasks", pk: 1 }], /^record 1 \(tasks 1\): \/fields is required$/],
    [[task, peter(3, { age: -1 })], /^record 2 \(people 3\): \/fields\/age must be >= 0$/],
    [[peter(3, { id: 3 })], /^record 1 \(people 3\): \/fields\/id is not a known field$/],
    [[{ ...task, fields: {} }], /^record 1 \(tasks 1\): \/fields\/title is required; /],
    [
      [{ model: "entries", pk: 1, fields: { user: 1, title: "" } }],
      /^record 1 \(entries 1\): \/fields\/title /,
    ],
    [[peter(1), task, peter(1)], /^record 3 \(people 1\): there is another people 1 before it$/],
  ];
  for (const [fixtures, message] of refused)
    t.throws(() => parse(fixtures), { name: "FixtureError", message }, JSON.stringify(fixtures));
  for (const bytes of [Buffer.from("[{"), Buffer.from(""), Buffer.from('["\xff"]', "latin1")])
    t.throws(() => parseFixtures(bytes), { name: "FixtureError", message: /^the fixtures are not JSON: \w/ });
  t.equal(parse([task]).get("tasks")?.size, 1);
});
