// Headers that keep browsers from doing more with an answer than read it.
import type { FastifyInstance } from "fastify";

/** Answers are data: nothing in them may be run, loaded, framed or guessed at. */
const HEADERS = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};
/** A year, for a process that ends TLS. */
const TRANSPORT = { "strict-transport-security": "max-age=31536000" };

/** `tls`: this process ends TLS. */
export function addSecurityHeaders(app: FastifyInstance, tls: boolean): void {
  const headers = tls ? { ...HEADERS, ...TRANSPORT } : HEADERS;
  app.addHook("onRequest", (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
}
