// A job whose file was taken from the disk while it waited fails by itself, and its error names no path.
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { startTestService } from "../service.js";

t.test("a lost upload", async (t) => {
  const front = await startTestService(t, { roles: { http: true, work: false } });
  const form = new FormData();
  form.append("file", new Blob(["a,b\n1,2\n"]), "table.csv");
  const answer = await front.request("/v1/stats", { method: "POST", body: form });
  t.equal(answer.status, 202);
  const { id } = (await answer.json()) as { id: string };
  t.same(await readdir(join(front.dataDir, "uploads")), [id]);
  await rm(join(front.dataDir, "uploads", id));

  await startTestService(t, { roles: { http: false, work: true }, beside: front });
  t.match(await front.ended(id), {
    state: "failed",
    error: {
      type: "urn:abacus:problem:file-lost",
      status: 500,
      detail: "the job's file is no longer there",
    },
  });
});
