// One request to a webhook: to the addresses that were checked and no other, within a bounded time.
import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { isIP } from "node:net";
import type { Target } from "./targets.js";

export interface Answer {
  status: number;
  retryAfter: string | undefined;
}

export interface Post {
  headers: Record<string, string>;
  body: string;
  /** Ends the request, whatever it is at. */
  signal: AbortSignal;
  /** Certificates to trust besides the well-known ones' own; PEM. */
  ca?: string | Buffer | undefined;
}

/** What is read of an answer's body, which nothing here is interested in; bytes. */
const MOST_BYTES = 16 * 1024;
/** How long the rest of an answer is waited for; milliseconds. */
const REST_TIME = 1000;

/** Resolves with any answer, also one that leads elsewhere: it is not followed. Rejects when there is none. */
export function post(target: Target, { headers, body, signal, ca }: Post): Promise<Answer> {
  const { url, host } = target;
  const addresses = target.addresses.map((one) => ({ ...one }));
  const options: RequestOptions = {
    method: "POST",
    // a connection of its own: one that is kept might have been made before the addresses were checked
    agent: false,
    headers: { ...headers, "content-length": Buffer.byteLength(body) },
    signal,
    // in place of another resolution, which might answer otherwise than the one that was checked
    lookup: (_name, { all }, done) => {
      const [first] = addresses;
      if (all) done(null, addresses);
      else done(null, first?.address ?? "", first?.family);
    },
    rejectUnauthorized: true,
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca !== undefined && { ca }),
  };
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request: ClientRequest = send(url, options, (response) => {
      const answer = { status: response.statusCode ?? 0, retryAfter: response.headers["retry-after"] };
      drain(response).then(() => {
        request.destroy();
        resolve(answer);
      });
    });
    request.on("error", reject);
    // Node ends such a connection without a word unless somebody listens
    request.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, retryAfter: undefined });
    });
    request.on("close", () => reject(new Error("the connection was closed without an answer")));
    request.end(body);
  });
}

/** Reads the rest of an answer as far as that is quickly done, so that its sender sees no broken connection. */
function drain(response: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, REST_TIME);
    let bytes = 0;
    response.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) response.destroy();
    });
    response.on("error", () => {}); // the status has been read
    response.on("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

const SENTENCES: Record<string, string> = {
  ECONNREFUSED: "the connection was refused",
  ECONNRESET: "the connection was closed without an answer",
  EPIPE: "the connection was closed without an answer",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the host cannot be reached",
  ETIMEDOUT: "the host cannot be reached",
  ABORT_ERR: "there was no answer in time",
  ERR_TLS_CERT_ALTNAME_INVALID: "the certificate is another host's",
  CERT_HAS_EXPIRED: "the certificate has expired",
};

/** Why there was no answer, in words for the caller: an error's own would tell of the deployment's network. */
export function sentenceOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? "";
  if (SENTENCES[code]) return SENTENCES[code];
  if (/CERT|SIGNATURE|SELF_SIGNED/.test(code)) return `the certificate is not trusted (${code})`;
  if (/^EPROTO$|SSL/.test(code)) return "no TLS connection could be made";
  if (code.startsWith("HPE_")) return "the answer is not HTTP";
  return code === "" ? "the request failed" : `the request failed (${code})`;
}
