// The image's health check: asks the service in this container whether it lives, where its settings say that it
// listens. Ends with 0 or 1. A worker has no HTTP side: run it without the check.
import * as http from "node:http";
import * as https from "node:https";

const { HOST, PORT } = process.env;
const everywhere = !HOST || HOST === "0.0.0.0" || HOST === "::";
const request = {
  host: everywhere ? "127.0.0.1" : HOST,
  port: PORT || 8080,
  path: "/healthz",
  timeout: 2000,
  rejectUnauthorized: false, // the certificate is for the name that clients use
};

function ask({ get }) {
  return new Promise((resolve, reject) => {
    const sent = get(request, ({ statusCode }) => resolve(statusCode === 200));
    sent.on("timeout", () => sent.destroy(new Error("no answer within 2 s")));
    sent.on("error", reject);
  });
}

// a flag may have made it HTTPS, which no variable shows
const lives = await ask(http)
  .catch(() => ask(https))
  .catch(({ message }) => void console.error(message));
process.exit(lives ? 0 : 1);
