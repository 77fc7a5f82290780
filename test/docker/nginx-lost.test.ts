// What docker/nginx.conf does with a request when the api that has it is lost: sent again, or told as it is.
import { once } from "node:events";
import { createServer } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import t, { type Test } from "tap";
import type { Json } from "../service.js";
import { makeWorkplace } from "../workplace.js";
import { startNameServer } from "./name-server.js";
import { findPort, reasonToSkip, startNginx } from "./nginx.js";

const HOSTS = ["127.0.0.2", "127.0.0.3"];

/** Two that read each request and hang up; what they got. */
async function startLost(t: Test, port: number): Promise<string[]> {
  const got: string[] = [];
  for (const host of HOSTS) {
    const server = createServer((incoming) => {
      got.push(`${incoming.method} ${incoming.url}`);
      incoming.resume().on("end", () => incoming.socket.destroy());
    });
    await once(server.listen(port, host), "listening");
    t.teardown(() => new Promise((closed) => server.close(closed)));
    t.equal((server.address() as AddressInfo).port, port);
  }
  return got;
}

t.test("an api that is lost with a request", { skip: reasonToSkip() }, async (t) => {
  const workplace = await makeWorkplace(t);
  const apiPort = await findPort(HOSTS);
  const got = await startLost(t, apiPort);
  const names = await startNameServer(t, "api");
  names.addresses = HOSTS;
  const { url, ca } = await startNginx(t, workplace, { nameServer: names.port, apiPort });

  async function send(method: string, path: string, body?: string): Promise<Json> {
    got.length = 0;
    const headers = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    const sent = request(url + path, { method, ca, headers });
    const answered = once(sent, "response");
    sent.end(body);
    const [response] = await answered;
    return { status: response.statusCode, body: await json(response) };
  }

  const maybe = { status: 503, body: { detail: /may have been accepted: look before sending it again/ } };
  const nothing = { status: 503, body: { detail: /nothing was accepted/ } };
  for (const [method, path, body, times, expected] of [
    ["GET", "/v1/jobs", undefined, 2, nothing],
    ["POST", "/v1/rnn/additions", "{}", 1, maybe],
    ["PATCH", "/entry/1/", "{}", 1, maybe],
    ["PUT", "/resources/data/", "data={}", 1, maybe],
    // these may be sent again, and are
    ["PUT", "/v1/accounts/ann", "{}", 2, maybe],
    ["DELETE", "/entry/1/", undefined, 2, maybe],
  ] as const) {
    t.match(await send(method, path, body), expected, `${method} ${path}`);
    t.strictSame(got, Array(times).fill(`${method} ${path}`), "as often as it may be sent");
  }
});
