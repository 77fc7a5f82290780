// A receiver of webhooks on a free port of 127.0.0.1: notes what comes, and answers as it is told.
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { until } from "../until.js";
import type { Teardown } from "../workplace.js";

export interface Received {
  /** Milliseconds. */
  at: number;
  path: string;
  headers: Record<string, string>;
  body: string;
}

export type Answering = (response: ServerResponse, request: IncomingMessage) => void;

export interface Receiver {
  readonly port: number;
  readonly url: string;
  readonly received: Received[];
  /** How many connections are open. */
  open(): number;
  /** The first `count` that came, when they have. */
  count(count: number): Promise<Received[]>;
}

export const answer =
  (status: number, headers: Record<string, string> = {}): Answering =>
  (response) =>
    void response.writeHead(status, headers).end("noted\n");

/** Never answers. */
export const hang: Answering = () => {};

/** `answers`: one for each request in turn, the last for all that follow. With a certificate it speaks TLS. */
export async function startReceiver(
  t: Teardown,
  answers: Answering[] = [answer(204)],
  certificate?: { cert: Buffer; key: Buffer },
): Promise<Receiver> {
  const received: Received[] = [];
  const listen: RequestListener = async (request, response) => {
    const answering = answers[Math.min(received.length, answers.length - 1)]!;
    const headers = request.headers as Record<string, string>;
    const noted = { at: Date.now(), path: request.url ?? "", headers, body: "" };
    received.push(noted);
    noted.body = await text(request).catch(() => "");
    answering(response, request);
  };
  const server = certificate ? createSecureServer(certificate, listen) : createServer(listen);
  await once(server.listen(0, "127.0.0.1"), "listening");
  let open = 0;
  server.on("connection", (socket) => {
    open++;
    socket.on("close", () => open--);
    socket.on("error", () => {});
  });
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    ...{ port, received },
    url: `${certificate ? "https" : "http"}://127.0.0.1:${port}/hook?key=of-its-own`,
    open: () => open,
    count: (count) =>
      until(`${count} requests came`, () => received.length >= count && received.slice(0, count)),
  };
}
