// The full level and estimates of an upload in several parts on real threads, with the job's log and the CSV.
import t from "tap";
import { type Json, startTestService } from "../service.js";

const service = await startTestService(t);

/** 4 MiB: numbers all different, a few texts, and dates. Each row occurs once, but for the last one, which occurs twice. */
const ROWS = 120_000;
const row = (at: number) => `${at * 1.5},kind ${at % 3},2024-01-${String(1 + (at % 31)).padStart(2, "0")}\n`;
const CSV = `n,kind,day\n${Array.from({ length: ROWS }, (_, at) => row(at)).join("")}${row(ROWS - 1)}`;

async function send(options: Record<string, string>): Promise<Json> {
  const body = new FormData();
  for (const [name, value] of Object.entries(options)) body.append(name, value);
  body.append("file", new Blob([CSV]), "rows.csv");
  const response = await service.request("/v1/stats", {
    method: "POST",
    body,
    headers: { prefer: "wait=60" },
  });
  return await response.json();
}

t.test("level=full", async (t) => {
  const job = await send({ level: "full", bins: "4" });
  const count = ROWS + 1;
  t.match(job, {
    state: "completed",
    input: { options: { level: "full", bins: 4 } },
    result: {
      rows: count,
      columns: [
        { name: "n", dtype: "float64", count, unique: ROWS, zeros: 1, negatives: 0, nullFraction: 0 },
        { name: "kind", dtype: "object", count, unique: 3, minLength: 6, maxLength: 6, meanLength: 6 },
        { name: "day", unique: 31, format: "date", earliest: "2024-01-01", latest: "2024-01-31" },
      ],
      correlations: { columns: ["n"], matrix: [[1]] },
      duplicateRows: 1,
    },
  });
  const [n, kind] = job.result.columns;
  t.same(n.histogram, {
    counts: [30_000, 30_000, 30_000, 30_001],
    edges: [0, 0.25, 0.5, 0.75, 1].map((share) => share * (ROWS - 1) * 1.5),
  });
  t.same(n.topValues[0], { value: (ROWS - 1) * 1.5, count: 2 });
  t.same(kind.topValues.map(({ value }: { value: string }) => value).sort(), ["kind 0", "kind 1", "kind 2"]);
  const csv = await service.request(job.links.result, { headers: { accept: "text/csv" } });
  const lines = (await csv.text()).split("\n");
  t.ok(lines.includes("earliest,,,2024-01-01"));
  t.notMatch(lines, /object Object|histogram|topValues/, "what is not one figure is no row");
});

t.test("a column that does not fit the option memory is described by estimates", async (t) => {
  const exact = (await send({})).result;
  const job = await send({ memory: "800000" });
  t.equal(job.state, "completed");
  const [n, kind, day] = job.result.columns;
  const { approximate, errors, "25%": lower, "50%": median, "75%": upper, ...rest } = n;
  t.equal(approximate, true);
  t.same(Object.keys(errors), ["25%", "50%", "75%"]);
  const rank = (value: number) => value / 1.5 / ROWS;
  for (const [found, q, error] of [
    [lower, 0.25, errors["25%"]],
    [median, 0.5, errors["50%"]],
    [upper, 0.75, errors["75%"]],
  ]) {
    t.ok(error > 0 && error <= 0.005, `${error}`);
    t.ok(Math.abs(rank(found) - q) <= error + 1 / ROWS, `${found} for ${q}`);
  }
  const { mean, std, ...others } = rest;
  t.match(exact.columns[0], others, "the rest is exact");
  t.ok(Math.abs(mean / exact.columns[0].mean - 1) < 1e-9);
  t.ok(Math.abs(std / exact.columns[0].std - 1) < 1e-9);
  t.same([kind, day], exact.columns.slice(1), "as are the other columns");
  const log = await (await service.request(`/v1/jobs/${job.id}/logs`)).text();
  t.match(log, /The values take more than 800000 bytes: 1 column described by estimates\./);
});
