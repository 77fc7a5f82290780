// What is answered when the queue does not do as it should while a job is being accepted.
import { MaybeAccepted } from "../jobs/submissions.js";
import { isUnavailable } from "../redis/connections.js";
import { addressOf } from "./job-document.js";
import { notNow } from "./problems.js";

/** The answer to an error of a submission of the job `id`. */
export function refusalOf(error: unknown, id: string): unknown {
  if (error instanceof MaybeAccepted) {
    const detail =
      `${error.message}: Location is where it then is; look there before sending it again, or send it again ` +
      "with the Idempotency-Key that it had";
    return notNow(detail, { location: addressOf(id) });
  }
  return isUnavailable(error) ? notNow("the queue cannot be reached now; nothing was accepted") : error;
}

/** A job that is accepted and cannot be shown must not be sent again. */
export async function accepted<T>(id: string, found: Promise<T>): Promise<T> {
  try {
    return await found;
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    throw notNow("the job is accepted, but cannot be shown now: Location is where it is", {
      location: addressOf(id),
    });
  }
}
