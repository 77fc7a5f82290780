// Certificates of a test's own, made by OpenSSL's command line.
import { execFileSync, spawnSync } from "node:child_process";

/** For `skip` where the machine has no OpenSSL. */
export const NO_OPENSSL = spawnSync("openssl", ["version"]).error ? "there is no openssl" : false;

/** Writes a private key and a certificate signed by it, for localhost and 127.0.0.1. */
export function makeCertificate(cert: string, key: string): void {
  const names = "subjectAltName=DNS:localhost,IP:127.0.0.1";
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  execFileSync(
    "openssl",
    ["req", "-x509", ...kind, "-keyout", key, "-out", cert, "-subj", "/CN=localhost", "-addext", names],
    { stdio: "ignore" },
  );
}
