// Asks over HTTP/2, for tests: one connection, and the answers on it as they come.
import { once } from "node:events";
import { type ClientHttp2Stream, connect, type IncomingHttpHeaders } from "node:http2";
import { AUTHORIZATION, type Json } from "../service.js";
import type { Teardown } from "../workplace.js";

export interface Http2Reply {
  status: number;
  headers: IncomingHttpHeaders;
  /** Parsed. */
  body: Json;
}

export interface Http2Client {
  /** Begins a request as admin, or with `authorization: ""` as nobody; whoever calls it ends it. */
  begin(path: string, headers?: Record<string, string>): ClientHttp2Stream;
  /** A GET, or with a body a POST. */
  send(path: string, headers?: Record<string, string>, body?: string): Promise<Http2Reply>;
}

/** What may wait to be sent, in megabytes; with more than that, answers are refused by Node. */
const MEMORY = 100;

/** A connection to `url` that trusts `ca`. */
export async function connectHttp2(t: Teardown, url: string, ca: Buffer): Promise<Http2Client> {
  const session = connect(url, { ca, maxSessionMemory: MEMORY });
  t.teardown(() => session.destroy());
  await once(session, "connect");
  const begin = (path: string, headers: Record<string, string> = {}) => {
    const { authorization = AUTHORIZATION, ...others } = headers;
    const credentials = authorization === "" ? {} : { authorization };
    return session.request({ ":path": path, ...credentials, ...others }, { endStream: false });
  };
  return {
    begin,
    async send(path, headers = {}, body) {
      const stream = begin(path, { ":method": body === undefined ? "GET" : "POST", ...headers });
      const answered = http2Reply(stream);
      stream.end(body);
      return answered;
    },
  };
}

/** The whole answer to what was begun. */
export async function http2Reply(stream: ClientHttp2Stream): Promise<Http2Reply> {
  const [headers] = (await once(stream, "response")) as [IncomingHttpHeaders];
  let text = "";
  for await (const part of stream.setEncoding("utf8")) text += part;
  return { status: Number(headers[":status"]), headers, body: JSON.parse(text) };
}
