// The cookie that holds a session.
import cookie from "@fastify/cookie";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

export const SESSION_COOKIE = "abacus_session";

/** Lets the app read and write it. */
export async function readCookies(app: FastifyInstance): Promise<void> {
  // without the plugin's hooks, which every request would pay for
  await app.register(cookie, { hook: false });
}

/** The session that a request brings, right or wrong. */
export function sessionOf({ server, headers }: FastifyRequest): string | undefined {
  if (!headers.cookie?.includes(SESSION_COOKIE)) return undefined;
  return server.parseCookie(headers.cookie)[SESSION_COOKIE];
}

function setCookie(request: FastifyRequest, reply: FastifyReply, text: string, maxAge: number): void {
  const value = request.server.serializeCookie(SESSION_COOKIE, text, {
    path: "/",
    maxAge,
    httpOnly: true, // no script has a use for it
    sameSite: "strict", // only the service's own pages do
    secure: request.protocol === "https", // as a trusted proxy in front says it
  });
  reply.header("set-cookie", value);
}

export function setSession(
  request: FastifyRequest,
  reply: FastifyReply,
  text: string,
  expiresAt: string,
): void {
  setCookie(request, reply, text, Math.floor((Date.parse(expiresAt) - Date.now()) / 1000));
}

export function clearSession(request: FastifyRequest, reply: FastifyReply): void {
  setCookie(request, reply, "", 0);
}
