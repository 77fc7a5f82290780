// The certificate of HTTPS: read at the start, and again when it was renewed.
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { createSecureContext, type Server } from "node:tls";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { type Config, ConfigError } from "../config.js";

/** A certificate with its chain, and its private key: PEM. */
export interface Certificate {
  cert: Buffer;
  key: Buffer;
}

type Files = Pick<Config, "TLS_CERT" | "TLS_KEY">;

/** `undefined` when TLS_CERT and TLS_KEY are not set. Throws ConfigError when they are of no use. */
export function readCertificate({ TLS_CERT, TLS_KEY }: Files): Certificate | undefined {
  if (TLS_CERT === undefined || TLS_KEY === undefined) return undefined;
  const certificate = { cert: read("TLS_CERT", TLS_CERT), key: read("TLS_KEY", TLS_KEY) };
  try {
    createSecureContext(certificate);
  } catch (error) {
    throw new ConfigError(
      `TLS_CERT and TLS_KEY must be a certificate and its private key in PEM: ${(error as Error).message}`,
    );
  }
  return certificate;
}

function read(name: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new ConfigError(`${name} cannot be read: ${(error as Error).message}`);
  }
}

/** Takes the files as they are now, for new connections. When they are of no use, the certificate stays. */
export function renewCertificate(app: FastifyInstance, files: Files, logger: Logger): void {
  try {
    const certificate = readCertificate(files);
    if (!certificate) return;
    (app.server as unknown as Server).setSecureContext(certificate);
    logger.info("the certificate was read anew");
  } catch (err) {
    logger.error({ err }, "the certificate was not read anew: the one before it stays");
  }
}

/** What curl needs to be told to speak with a service that has this certificate at `url`. */
export function curlFlags(files: Files, url: string): string[] {
  const certificate = readCertificate(files);
  if (!certificate || files.TLS_CERT === undefined) return [];
  const first = new X509Certificate(certificate.cert);
  const { hostname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const isCovered = isIP(host) ? first.checkIP(host) : first.checkHost(host);
  if (isCovered === undefined) return ["--insecure"]; // it is for another name than the one that is listened on
  return first.checkIssued(first) ? ["--cacert", files.TLS_CERT] : [];
}
