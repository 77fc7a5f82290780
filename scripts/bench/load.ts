// Load from connections each of which sends its next request when it has the answer to the one before.
import autocannon from "autocannon";

export const CONNECTIONS = 50;
/** Seconds before it is counted: the code is compiled as it gets hot. */
const WARM_UP = 5;

export type Request = Pick<autocannon.Request, "method" | "headers" | "body">;

/** How many answers of 2xx a second. Throws when there are others. */
export async function loadWith(
  url: string,
  request: Request,
  seconds: number,
  connections = CONNECTIONS,
): Promise<number> {
  await fire(url, request, { duration: WARM_UP }, connections);
  const result = await fire(url, request, { duration: seconds }, connections);
  return result["2xx"] / result.duration;
}

/** Sends a number of requests. */
export async function sendAll(url: string, request: Request, amount: number): Promise<void> {
  await fire(url, request, { amount });
}

async function fire(
  url: string,
  request: Request,
  extent: { duration: number } | { amount: number },
  connections = CONNECTIONS,
): Promise<autocannon.Result> {
  const result = await autocannon({
    url,
    connections,
    ...request,
    ...extent,
  } as autocannon.Options);
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${url}: ${result.non2xx} refusals, ${result.errors} errors`);
  return result;
}
