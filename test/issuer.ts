// An issuer of JWTs of a test's own: its description, its keys, and what it signs.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";
import type { Teardown } from "./workplace.js";

export const AUDIENCE = "https://abacus.example";

export interface Key {
  kid: string;
  alg: string;
  privateKey: CryptoKey;
  jwk: JWK;
}
type CryptoKey = Awaited<ReturnType<typeof generateKeyPair>>["privateKey"];

export async function makeKey(kid: string, alg = "ES256"): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } };
}

export const firstKey = await makeKey("first");

/** Lives as long as the test; `state` can be changed while it runs. */
export async function startIssuer(t: Teardown, keys: Key[] = [firstKey]) {
  const asked: string[] = [];
  const state = { keys, description: {} as object, status: 200, hangs: false };
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    if (state.hangs) return;
    const isDescription = request.url === "/.well-known/openid-configuration";
    const body = isDescription
      ? { issuer, jwks_uri: `${issuer}/keys`, ...state.description }
      : { keys: state.keys.map(({ jwk }) => jwk) };
    response
      .writeHead(isDescription ? state.status : 200, { "content-type": "application/json" })
      .end(JSON.stringify(body));
  });
  await listen(server, 0);
  const { port } = server.address() as AddressInfo;
  const issuer = `http://127.0.0.1:${port}`;
  const stop = () => {
    server.closeAllConnections();
    return new Promise((closed) => server.close(closed));
  };
  t.teardown(stop);
  return { issuer, asked, state, stop, start: () => listen(server, port) };
}

const listen = (server: Server, port: number) => once(server.listen(port, "127.0.0.1"), "listening");

export const now = () => Math.floor(Date.now() / 1000);

/** Those of a valid token, and others in their place. */
export function claims(issuer: string, more: Record<string, unknown> = {}): JWTPayload {
  return {
    iss: issuer,
    aud: AUDIENCE,
    sub: "ada",
    exp: now() + 300,
    scope: "jobs:read",
    ...more,
  } as JWTPayload;
}

export const sign = (payload: JWTPayload, { kid, alg, privateKey }: Key = firstKey) =>
  new SignJWT(payload).setProtectedHeader({ alg, kid }).sign(privateKey);
