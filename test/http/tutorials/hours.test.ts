// The hours service's requests. The answers are those of Django REST framework 3.14 (rest_framework/fields.py,
// serializers.py, exceptions.py, authentication.py) for a ModelViewSet of `Entry(user, title)`.
import t from "tap";
import { type Json, startTestService } from "../../service.js";

const service = await startTestService(t, { roles: { http: true, work: false } });
const JSON_TYPE = { "content-type": "application/json" };

async function send(method: string, path = "", init: RequestInit = {}) {
  const response = await service.request(`/entry/${path}`, { method, ...init });
  const text = await response.text();
  return { status: response.status, body: (text === "" ? "" : JSON.parse(text)) as Json };
}
const sendJson = (method: string, path: string, body: unknown) =>
  send(method, path, { headers: JSON_TYPE, body: typeof body === "string" ? body : JSON.stringify(body) });
const post = (body: unknown) => sendJson("POST", "", body);

const NOT_FOUND = { status: 404, body: { detail: "Not found." } };
const REQUIRED = ["This field is required."];

t.test("an entry's life", async (t) => {
  t.strictSame(await send("GET"), { status: 200, body: [] });
  const one = { id: 1, user: 5, title: "Wrote the report" };
  t.strictSame(await post({ user: 5, title: "Wrote the report" }), { status: 201, body: one });
  const two = { id: 2, user: 7, title: "Read it & more" };
  t.strictSame(
    await send("POST", "", { body: new URLSearchParams({ user: "7", title: "Read it & more" }) }),
    {
      ...{ status: 201, body: two },
    },
  );
  const form = new FormData();
  form.set("title", "Äh");
  form.set("user", "9");
  t.strictSame(await send("POST", "", { body: form }), {
    status: 201,
    body: { id: 3, user: 9, title: "Äh" },
  });
  t.strictSame(await send("GET"), { status: 200, body: [one, two, { id: 3, user: 9, title: "Äh" }] });
  t.strictSame(await send("GET", "2/"), { status: 200, body: two });

  const changed = { ...one, title: "Mended it" };
  t.strictSame(await sendJson("PATCH", "1/", { title: "Mended it" }), { status: 200, body: changed });
  t.strictSame(await sendJson("PATCH", "1/", {}), { status: 200, body: changed });
  t.strictSame(await send("PATCH", "1/", { body: new URLSearchParams({ user: "6" }) }), {
    ...{ status: 200, body: { ...changed, user: 6 } },
  });
  t.strictSame(await sendJson("PUT", "1/", { user: 8, title: "x", id: 99, more: [1] }), {
    ...{ status: 200, body: { id: 1, user: 8, title: "x" } },
  });
  t.strictSame(await sendJson("PUT", "1/", { title: "y" }), { status: 400, body: { user: REQUIRED } });
  t.strictSame(await send("DELETE", "1/"), { status: 204, body: "" });
  for (const method of ["GET", "DELETE"]) t.strictSame(await send(method, "1/"), NOT_FOUND);
  for (const method of ["PUT", "PATCH"]) t.strictSame(await sendJson(method, "1/", { user: "x" }), NOT_FOUND);
});

const MOST = Number.MAX_SAFE_INTEGER;
const INTEGER = "A valid integer is required.";
const LEAST = "Ensure this value is greater than or equal to 1.";
const TOO_LARGE = `Ensure this value is less than or equal to ${MOST}.`;
const TEXT = "Not a valid string.";
const LONG = "Ensure this field has no more than 200 characters.";
const BLANK = "This field may not be blank.";
const NULL = "This field may not be null.";

t.test("what users and titles can be", async (t) => {
  const users: [user: unknown, read: number | string][] = [
    [1, 1],
    ["5", 5],
    ["5.0", 5],
    ["5.", 5],
    [" +5.00 ", 5],
    ["1_000", 1000],
    ["007", 7],
    [MOST, MOST],
    [String(MOST), MOST],
    [5.5, INTEGER],
    ["5.5", INTEGER],
    ["5e0", INTEGER],
    ["0x5", INTEGER],
    ["_5", INTEGER],
    [".0", INTEGER],
    ["abc", INTEGER],
    ["", INTEGER],
    [true, INTEGER],
    [[5], INTEGER],
    [{}, INTEGER],
    [0, LEAST],
    [-1, LEAST],
    ["-3", LEAST],
    ["-0", LEAST],
    [2 ** 53, TOO_LARGE],
    [1e300, TOO_LARGE],
    ["9007199254740993", TOO_LARGE],
    ["9".repeat(1000), TOO_LARGE],
    ["9".repeat(1001), "String value too large."],
    [null, NULL],
  ];
  for (const [user, read] of users) {
    const { status, body } = await post({ user, title: "x" });
    const expected = typeof read === "number" ? [201, read] : [400, { user: [read] }];
    t.strictSame([status, status === 201 ? body.user : body], expected, JSON.stringify(user)?.slice(0, 40));
  }
  const titles: [title: unknown, read: string | { error: string | string[] }][] = [
    [" \t x y\n", "x y"],
    [5, "5"],
    [-5.5, "-5.5"],
    ["😀".repeat(200), "😀".repeat(200)],
    [` ${"x".repeat(200)} `, "x".repeat(200)],
    ["x".repeat(201), { error: LONG }],
    ["", { error: BLANK }],
    [" \t\n", { error: BLANK }],
    [null, { error: NULL }],
    [true, { error: TEXT }],
    [["x"], { error: TEXT }],
    [{ x: 1 }, { error: TEXT }],
    [2 ** 60, { error: TEXT }], // as a text it might be another number
    ["a\u0000b", { error: "Null characters are not allowed." }],
    ["a\ud800b", { error: "Surrogate characters are not allowed: U+D800." }],
    ["\u0000".repeat(201), { error: [LONG, "Null characters are not allowed."] }],
  ];
  for (const [title, read] of titles) {
    const { status, body } = await post({ user: 1, title });
    const expected = typeof read === "string" ? [201, read] : [400, { title: [read.error].flat() }];
    t.strictSame([status, status === 201 ? body.title : body], expected, JSON.stringify(title).slice(0, 40));
  }
});

t.test("all mistakes of all fields at once", async (t) => {
  const both = { status: 400, body: { user: REQUIRED, title: REQUIRED } };
  for (const body of [{}, { id: 1, name: "x" }, ""]) t.strictSame(await post(body), both);
  t.strictSame(await send("POST"), both, "nothing at all");
  t.strictSame(await send("POST", "", { body: new URLSearchParams({ name: "x" }) }), both);
  t.strictSame(await post({ user: "x", title: " " }), {
    status: 400,
    body: { user: [INTEGER], title: [BLANK] },
  });
  t.strictSame(await sendJson("POST", "", '{"user": 1, "title": "x", "user": 0}'), {
    ...{ status: 400, body: { user: [LEAST] } },
  });
  const twice = new URLSearchParams("user=x&title=a&user=3&title=b");
  t.match(
    await send("POST", "", { body: twice }),
    { status: 201, body: { user: 3, title: "b" } },
    "the last counts",
  );
});

t.test("bodies that are no object, or nothing that is read here", async (t) => {
  const whole = (sentence: string) => ({ status: 400, body: { non_field_errors: [sentence] } });
  const expected = (name: string) => whole(`Invalid data. Expected a dictionary, but got ${name}.`);
  for (const [body, name] of [
    ["[]", "list"],
    ['[{"user": 1}]', "list"],
    ['"x"', "str"],
    ["5", "int"],
    ["5.5", "float"],
    ["true", "bool"],
  ] as const)
    t.strictSame(await post(body), expected(name));
  t.strictSame(await post("null"), whole("No data provided"));
  for (const body of ["{", "{'user': 1}", "user=1"])
    t.match(await post(body), { status: 400, body: { detail: /^JSON parse error - \w/ } }, body);
  t.strictSame(await send("POST", "", { headers: { "content-type": "text/plain" }, body: "user=1" }), {
    ...{ status: 415, body: { detail: 'Unsupported media type "text/plain" in request.' } },
  });
  t.strictSame(
    await send("POST", "", { headers: { ...JSON_TYPE, "content-encoding": "gzip" }, body: "{}" }),
    {
      ...{ status: 415, body: { detail: 'Unsupported media type "gzip" in request.' } },
    },
  );
  t.strictSame(await post("[".repeat(2000)), {
    ...{ status: 400, body: { detail: "JSON parse error - is nested deeper than 1000 levels" } },
  });
  const form = { headers: { "content-type": "multipart/form-data; boundary=b" }, body: "--c" };
  t.strictSame(await send("POST", "", form), {
    status: 400,
    body: { detail: "the form is not well-formed" },
  });
  const file = new FormData();
  file.set("title", new Blob(["x"]), "title.txt");
  t.strictSame(await send("POST", "", { body: file }), {
    ...{ status: 400, body: { detail: "title is a file, and a text belongs there" } },
  });
  t.match(await post({ user: 1, title: "x".repeat(70_000) }), { status: 413, body: { detail: /65536/ } });
});

t.test("who asks, what for, and how", async (t) => {
  for (const [authorization, detail] of [
    [undefined, "Authentication credentials were not provided."],
    ["Basic YTpi", "Invalid username/password."],
  ] as const) {
    const response = await fetch(
      `${service.url}/entry/`,
      authorization ? { headers: { authorization } } : {},
    );
    t.strictSame([response.status, await response.json()], [401, { detail }]);
    t.ok(response.headers.has("www-authenticate"));
  }
  const response = await service.request("/entry/", { method: "PUT" });
  t.strictSame([response.status, response.headers.get("allow")], [405, "GET, HEAD, POST"]);
  t.strictSame(await response.json(), { detail: 'Method "PUT" not allowed.' });
  t.match(await send("POST", "2/"), { status: 405, body: { detail: 'Method "POST" not allowed.' } });
  for (const path of ["0/", "x/", "-2/", "99/", `${"9".repeat(30)}/`])
    t.strictSame(await send("GET", path), NOT_FOUND);
  const below = await fetch(`${service.url}/entry/2/more`);
  t.strictSame([below.status, await below.json()], [404, { detail: "Not found." }]);
});

t.test("a hundred changes at once", async (t) => {
  const { id } = (await post({ user: 1, title: "x" })).body;
  const changes = Array.from({ length: 100 }, (_, i) =>
    i % 2 ? { user: 1000 + i } : { title: `title ${i}` },
  );
  const changed = await Promise.all(changes.map((change) => sendJson("PATCH", `${id}/`, change)));
  for (const [i, { status, body }] of changed.entries())
    t.match({ status, body }, { status: 200, body: changes[i] });
  t.match(
    (await send("GET", `${id}/`)).body,
    { user: /^1\d{3}$/, title: /^title \d+$/ },
    "neither undid the other",
  );
});
