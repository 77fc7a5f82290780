// Addresses of a host's name, within a bounded time and without the thread pool that files and passwords need.
import { lookup, Resolver } from "node:dns/promises";

export interface HostAddress {
  address: string;
  family: 4 | 6;
}

/** Throws when the name has no address, or none could be had in time. */
export type Resolve = (host: string) => Promise<HostAddress[]>;

/** How long all questions about a name may take; milliseconds. */
const TIMEOUT = 5000;
/** How long one question waits for its answer before it is asked again; milliseconds. */
const QUESTION = 1500;

/**
 * Asks the name servers themselves. The system's own lookup would also read /etc/hosts, and it holds one of the few
 * threads that files and passwords need for as long as a name server is silent, which a caller could arrange.
 */
export function resolver({
  servers,
  timeout = TIMEOUT,
}: {
  servers?: string[];
  timeout?: number;
} = {}): Resolve {
  return async (host) => {
    // one of its own for each name: it can be canceled, and knows the name servers of the moment
    const questions = new Resolver({ timeout: Math.min(QUESTION, timeout), tries: 2 });
    if (servers) questions.setServers(servers);
    const timer = setTimeout(() => questions.cancel(), timeout);
    try {
      const [four, six] = await Promise.allSettled([questions.resolve4(host), questions.resolve6(host)]);
      const found = [...addresses(four, 4), ...addresses(six, 6)];
      if (found.length > 0) return found;
      throw (four as PromiseRejectedResult).reason;
    } finally {
      clearTimeout(timer);
    }
  };
}

function addresses(answer: PromiseSettledResult<string[]>, family: 4 | 6): HostAddress[] {
  return answer.status === "fulfilled" ? answer.value.map((address) => ({ address, family })) : [];
}

/** As the system does it, with /etc/hosts: for the few names that the operator has named. */
export async function resolveAsSystem(host: string): Promise<HostAddress[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${host} was not resolved within ${TIMEOUT} ms`)), TIMEOUT);
  });
  try {
    return (await Promise.race([lookup(host, { all: true }), late])) as HostAddress[];
  } finally {
    clearTimeout(timer);
  }
}
