// Where webhooks may lead: URLs of hosts on the public internet, and those that WEBHOOK_ALLOW names.
import { isIP, isIPv4 } from "node:net";
import { InputError } from "../../workers/input-error.js";
import { addressesOf, isAddressRange } from "../address-ranges.js";
import { isHostName } from "../host-names.js";
import { isPublicAddress } from "./public-addresses.js";
import { type HostAddress, type Resolve, resolveAsSystem, resolver } from "./resolve.js";

/** The header that holds the URL. */
export const WEBHOOK_HEADER = "Abacus-Webhook";
/** Characters of a URL. */
const LONGEST = 2048;

export interface Target {
  readonly url: URL;
  /** The host's name or address, without brackets and the dot that may end a name. */
  readonly host: string;
  /** All of them were looked at: connect to no other. */
  readonly addresses: readonly HostAddress[];
}

export interface WebhookTargets {
  /** Throws InputError for a URL that would not be called. */
  check(text: string): Promise<void>;
  /** The same, with the host's addresses of the moment. */
  target(text: string): Promise<Target>;
}

export interface WebhookTargetsOptions {
  /** Addresses, CIDR ranges and hosts' names that may be called although they are not public. */
  allow: readonly string[];
  /** Of names that are not in `allow`. */
  resolve?: Resolve;
  /** Of names that are. */
  resolveAllowed?: Resolve;
}

function refused(message: string): InputError {
  return InputError.impossible(`/${WEBHOOK_HEADER}`, message);
}

function malformed(message: string): InputError {
  return InputError.invalid([{ path: `/${WEBHOOK_HEADER}`, message }]);
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
}

export function createWebhookTargets(options: WebhookTargetsOptions): WebhookTargets {
  const { allow, resolve = resolver(), resolveAllowed = resolveAsSystem } = options;
  const isAllowedAddress = addressesOf(allow.filter(isAddressRange));
  const allowedNames = new Set(allow.filter(isHostName).map((name) => name.toLowerCase()));
  const isAllowedHost = (host: string) =>
    isIP(host) === 0 ? allowedNames.has(host) : isAllowedAddress(host);

  /** Without TLS only to hosts that the operator has named as they stand there. */
  function read(text: string): URL {
    if (text.length > LONGEST) throw malformed(`must have at most ${LONGEST} characters`);
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url || hostOf(url) === "") throw malformed("must be a URL such as https://example.com/hook");
    const isOpen = url.protocol === "http:" && isAllowedHost(hostOf(url));
    if (url.protocol !== "https:" && !isOpen) throw malformed("must be an https URL");
    if (url.username !== "" || url.password !== "") throw malformed("must not hold a user name or password");
    return url;
  }

  async function find(host: string): Promise<HostAddress[]> {
    if (isIP(host) !== 0) return [{ address: host, family: isIPv4(host) ? 4 : 6 }];
    try {
      return await (allowedNames.has(host) ? resolveAllowed(host) : resolve(host));
    } catch {
      throw refused(`has a host, ${host}, whose address cannot be found now`);
    }
  }

  async function target(text: string): Promise<Target> {
    const url = read(text);
    const host = hostOf(url);
    const addresses = await find(host);
    const mayBeCalled = ({ address }: HostAddress) => isPublicAddress(address) || isAllowedAddress(address);
    // the addresses themselves are not told: they may be those of a network that the caller cannot see
    if (addresses.length === 0 || !(allowedNames.has(host) || addresses.every(mayBeCalled)))
      throw refused(`has a host, ${host}, whose address is not public, and WEBHOOK_ALLOW does not name it`);
    return { url, host, addresses };
  }

  return {
    target,
    async check(text) {
      await target(text);
    },
  };
}
