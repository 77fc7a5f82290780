// The HTTP side as a function of AWS Lambda: `handler` takes the events of API Gateway. Workers run elsewhere.
import awsLambda, { type LambdaResponse } from "@fastify/aws-lambda";
import { type Config, ConfigError, readConfig } from "./config.js";
import { type GatewayEvent, isBinary, plainEvent } from "./http/gateway-events.js";
import { openLog } from "./log.js";
import { startService } from "./service.js";
import { version } from "./version.js";

/** Lambda ends a start after ten seconds without a word of why; milliseconds. */
const LONGEST_START = 8000;
/** The app's neighbour, as `inject` has it: to the app, a proxy that says who asks, and that it was by HTTPS. */
const GATEWAY = "127.0.0.1";
/** Between two machines on the way, which here are API Gateway's affair. */
const HOP_BY_HOP = ["connection", "keep-alive", "transfer-encoding"];

function checked(config: Config): Config {
  if (config.REDIS_URL === undefined)
    throw new ConfigError("REDIS_URL is not set: a Lambda function works on a Redis that processes share");
  if (config.TLS_CERT !== undefined)
    throw new ConfigError("TLS_CERT is set, but before a Lambda function API Gateway has the certificate");
  if (config.LOG_FILE !== undefined)
    throw new ConfigError("LOG_FILE is set, but the log of a Lambda function goes to CloudWatch");
  return { ...config, TRUST_PROXY: [...(config.TRUST_PROXY ?? []), GATEWAY] };
}

async function start() {
  const config = checked(readConfig());
  const { logger } = await openLog(config, { command: "lambda" });
  const signal = AbortSignal.timeout(LONGEST_START);
  const service = await startService({
    config,
    roles: { http: true, work: false },
    redis: { url: config.REDIS_URL as string },
    listen: false,
    version,
    logger,
    signal,
  }).catch((error) => {
    throw signal.aborted ? new Error(`REDIS_URL: no answer within ${LONGEST_START / 1000} s`) : error;
  });
  logger.info({ version, node: process.version }, "started");
  return service;
}

const { app, untilAlive } = await start();
if (!app) throw new Error("the service has no HTTP side");
const answer = awsLambda<GatewayEvent>(app, {
  decorateRequest: false,
  retainStage: true,
  parseCommaSeparatedQueryParams: false,
  enforceBase64: isBinary,
});

/** Answers one event. It returns a promise, so that Lambda does not wait until the connections are idle. */
export async function handler(event: GatewayEvent, context: object): Promise<LambdaResponse> {
  await untilAlive(); // it may have been frozen for hours
  const answered = await answer(plainEvent(event), context);
  for (const name of HOP_BY_HOP) delete answered.headers[name];
  return answered;
}
