// Internet addresses and ranges of them (CIDR), as settings list them and as requests come from them.
import { BlockList, isIP, isIPv6 } from "node:net";

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** An IPv4 address that a socket of both families writes as IPv6 is an IPv4 address. */
function plain(address: string): string {
  return MAPPED.exec(address)?.[1] ?? address;
}

const familyOf = (address: string) => (isIPv6(address) ? "ipv6" : "ipv4");

/** Whether `text` is an address, or an address and a length of prefix: `10.0.0.0/8`. */
export function isAddressRange(text: string): boolean {
  const [address = "", prefix, ...rest] = text.split("/");
  if (isIP(address) === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (isIPv6(address) ? 128 : 32));
}

/** Whether an address is in one of the ranges; what is no address is in none. */
export function addressesOf(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", prefix] = range.split("/");
    if (prefix === undefined) list.addAddress(address, familyOf(address));
    else list.addSubnet(address, Number(prefix), familyOf(address));
  }
  return (given) => {
    const address = plain(given);
    return isIP(address) !== 0 && list.check(address, familyOf(address));
  };
}

/** The groups of 16 bits that name a network of IPv6. */
const NETWORK_GROUPS = 4;

/**
 * What stands for one customer when something is counted by address: the address, or for IPv6 the first 64 bits
 * of it, since the other 64 are the customer's to choose for each request.
 */
export function networkOf(given: string): string {
  const address = plain(given);
  if (!isIPv6(address)) return address;
  const [head = "", tail] = (address.split("%")[0] ?? "").split("::");
  const groups = (text: string | undefined) => (text ? text.split(":") : []);
  const start = groups(head);
  // "::" stands for as many zeros as are missing
  const zeros = tail === undefined ? [] : Array(8 - start.length - groups(tail).length).fill("0");
  const network = [...start, ...zeros, ...groups(tail)].slice(0, NETWORK_GROUPS);
  return `${network.map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}
