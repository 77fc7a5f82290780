// A client that speaks HTTP byte by byte, for what a well-behaved one would never send.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Teardown } from "../workplace.js";

export interface RawResponse {
  status: number;
  headers: Map<string, string>;
  body: string;
}

export interface RawConnection {
  readonly socket: Socket;
  send(...pieces: (string | Uint8Array)[]): void;
  /** The next response, informational ones included. Rejects when the connection ends before. */
  response(options?: { toHead?: boolean }): Promise<RawResponse>;
  /** Resolves when the server has ended the connection. */
  readonly ended: Promise<unknown>;
}

const HEAD_END = "\r\n\r\n";

export async function connectTo(t: Teardown, url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {}); // a reset ends the connection like anything else
  t.teardown(() => socket.destroy());
  await once(socket, "connect");
  let received = Buffer.alloc(0);
  let over = false;
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    socket.emit("progress");
  });
  const ended = new Promise<void>((resolve) => {
    for (const event of ["end", "close"])
      socket.once(event, () => {
        over = true;
        socket.emit("progress");
        resolve();
      });
  });

  async function until<T>(find: () => T | undefined): Promise<T> {
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if (over) throw new Error(`the connection ended after ${JSON.stringify(received.toString())}`);
      await once(socket, "progress");
    }
  }

  function take(bytes: number): string | undefined {
    if (received.length < bytes) return undefined;
    const taken = received.subarray(0, bytes).toString();
    received = received.subarray(bytes);
    return taken;
  }

  return {
    socket,
    ended,
    send(...pieces) {
      for (const piece of pieces) socket.write(piece);
    },
    async response({ toHead = false } = {}) {
      const end = await until(() => {
        const at = received.indexOf(HEAD_END);
        return at < 0 ? undefined : at + HEAD_END.length;
      });
      const [line = "", ...lines] = (take(end) ?? "").trimEnd().split("\r\n");
      const headers = new Map(
        lines.map((header): [string, string] => {
          const colon = header.indexOf(":");
          return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()];
        }),
      );
      const length = toHead ? 0 : Number(headers.get("content-length") ?? 0);
      return { status: Number(line.split(" ")[1]), headers, body: await until(() => take(length)) };
    },
  };
}
