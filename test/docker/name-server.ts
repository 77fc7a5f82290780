// A name server as Docker's for the containers of one network: every address of a name, as it is at the moment.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { Teardown } from "../workplace.js";

export interface NameServer {
  readonly port: number;
  /** The IPv4 addresses of the name; with none it does not exist. */
  addresses: string[];
}

/** Bytes of a message before its question (RFC 1035, 4.1.1). */
const HEADER = 12;
/** As Docker's server says it: long after the containers may have changed. Seconds. */
const TTL = 600;

/** Answers on a free UDP port of 127.0.0.1 for the one name. */
export async function startNameServer(t: Teardown, name: string): Promise<NameServer> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  t.teardown(() => socket.close());
  const server: NameServer = { port: socket.address().port, addresses: [] };
  socket.on("message", (query, { port, address }) => {
    const known = nameIn(query) === name ? server.addresses : [];
    socket.send(reply(query, known), port, address);
  });
  return server;
}

/** Where the question's name ends: a label of no length. */
const endOfName = (query: Buffer) => query.indexOf(0, HEADER) + 1;

function nameIn(query: Buffer): string {
  const labels: string[] = [];
  for (let at = HEADER; query[at]; at += (query[at] as number) + 1)
    labels.push(query.toString("latin1", at + 1, at + 1 + (query[at] as number)));
  return labels.join(".");
}

function reply(query: Buffer, addresses: string[]): Buffer {
  const question = query.subarray(HEADER, endOfName(query) + 4);
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(query.readUInt16BE(0), 0);
  header.writeUInt16BE(0x8180 | (addresses.length > 0 ? 0 : 3), 2); // an answer; 3: there is no such name
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(addresses.length, 6);
  return Buffer.concat([header, question, ...addresses.map(record)]);
}

/** Type A, class IN, of the name that was asked for. */
function record(address: string): Buffer {
  const fields = Buffer.alloc(12);
  fields.writeUInt16BE(0xc000 | HEADER, 0);
  fields.writeUInt16BE(1, 2);
  fields.writeUInt16BE(1, 4);
  fields.writeUInt32BE(TTL, 6);
  fields.writeUInt16BE(4, 10);
  return Buffer.concat([fields, Buffer.from(address.split(".").map(Number))]);
}
