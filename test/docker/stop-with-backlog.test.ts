// A proxy's connections that an api has not yet taken when it is told to stop: they are answered, too.
import { once } from "node:events";
import { connect } from "node:net";
import t from "tap";
import { startProcess } from "../processes.js";
import { startRedis } from "../redis-server.js";
import { AUTHORIZATION } from "../service.js";
import { makeWorkplace } from "../workplace.js";

const CONNECTIONS = 12;

t.test("requests that were sent before the port closes", async (t) => {
  const redis = await startRedis(t, { appendonly: true });
  const workplace = await makeWorkplace(t);
  const api = await startProcess(t, workplace, "api", { env: { REDIS_URL: redis.path } });
  const { hostname, port } = new URL(api.url);
  const body = '{"a": 5, "b": 7}';
  const request =
    `POST /v1/rnn/additions HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: ${AUTHORIZATION}\r\n` +
    `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

  // while the process sleeps, the system makes the connections and keeps what comes over them
  api.signal("SIGSTOP");
  const answers = await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const socket = connect(Number(port), hostname);
      t.teardown(() => socket.destroy());
      let answer = "";
      socket.setEncoding("utf8").on("data", (text: string) => {
        answer += text;
      });
      socket.on("error", (error) => {
        answer ||= error.message;
      });
      const closed = new Promise((resolve) => socket.on("close", resolve));
      await once(socket, "connect");
      await new Promise((sent) => socket.write(request, sent));
      return { closed, text: () => answer.split("\r\n")[0] };
    }),
  );
  api.signal("SIGTERM");
  api.signal("SIGCONT");
  await Promise.all(answers.map(({ closed }) => closed));
  t.strictSame(
    answers.map(({ text }) => text()),
    Array(CONNECTIONS).fill("HTTP/1.1 202 Accepted"),
  );
  t.same(await api.exited(), { code: 0, signal: null });
});
