// The certificate of HTTPS: read at the start, and again when it was renewed.
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { createServer, type Server, type ServerOptions } from "node:https";
import { isIP } from "node:net";
import { createSecureContext } from "node:tls";
import type { Logger } from "pino";
import { type Config, ConfigError } from "../config.js";

export interface Certificate {
  /** A server that shows it, now and as it is renewed. */
  createServer(options: ServerOptions, listener: RequestListener): Server;
  /** Takes the files as they are now, for new connections. When they are of no use, what was read before stays. */
  renew(logger: Logger): void;
  /** What curl needs to be told to speak with a service at `url` that shows it. */
  curlFlags(url: string): string[];
}

/** `undefined` when TLS_CERT and TLS_KEY are not set. Throws ConfigError when they are of no use. */
export function openCertificate({
  TLS_CERT,
  TLS_KEY,
}: Pick<Config, "TLS_CERT" | "TLS_KEY">): Certificate | undefined {
  if (TLS_CERT === undefined || TLS_KEY === undefined) return undefined;
  let pems = read(TLS_CERT, TLS_KEY);
  const servers: Server[] = [];
  return {
    createServer(options, listener) {
      const server = createServer({ ...options, ...pems }, listener);
      servers.push(server);
      return server;
    },
    renew(logger) {
      try {
        pems = read(TLS_CERT, TLS_KEY);
        for (const server of servers) server.setSecureContext(pems);
        logger.info("the certificate was read anew");
      } catch (err) {
        logger.error({ err }, "the certificate was not read anew: the one before it stays");
      }
    },
    curlFlags(url) {
      const first = new X509Certificate(pems.cert);
      const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
      const isCovered = isIP(host) ? first.checkIP(host) : first.checkHost(host);
      if (isCovered === undefined) return ["--insecure"]; // it is for another name than the one listened on
      return first.checkIssued(first) ? ["--cacert", TLS_CERT] : [];
    },
  };
}

/** A certificate with its chain, and its private key: PEM. */
function read(certFile: string, keyFile: string): { cert: Buffer; key: Buffer } {
  const pems = { cert: readPem("TLS_CERT", certFile), key: readPem("TLS_KEY", keyFile) };
  try {
    createSecureContext(pems);
  } catch (error) {
    throw new ConfigError(
      `TLS_CERT and TLS_KEY must be a certificate and its private key in PEM: ${(error as Error).message}`,
    );
  }
  return pems;
}

function readPem(name: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new ConfigError(`${name} cannot be read: ${(error as Error).message}`);
  }
}
