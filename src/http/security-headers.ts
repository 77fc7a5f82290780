// Headers that keep browsers from doing more with an answer than read it.
import helmet from "@fastify/helmet";
import type { FastifyInstance } from "fastify";

/** Answers are data: nothing in them may be run, loaded, framed or guessed at. `tls`: this process ends TLS. */
export async function addSecurityHeaders(app: FastifyInstance, tls: boolean): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { "default-src": ["'none'"], "frame-ancestors": ["'none'"] },
    },
    frameguard: { action: "deny" },
    referrerPolicy: { policy: "same-origin" },
    crossOriginResourcePolicy: false, // CORS_ORIGINS says who may read
    strictTransportSecurity: tls && { maxAge: 31_536_000, includeSubDomains: false },
    xXssProtection: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xDnsPrefetchControl: false,
    originAgentCluster: false,
    crossOriginOpenerPolicy: false,
  });
}
