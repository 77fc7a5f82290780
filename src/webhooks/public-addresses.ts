// Which internet addresses are public: the others are the deployment's own, or nobody's.
import { BlockList, isIP, isIPv4 } from "node:net";

/** IPv4 addresses that are not globally reachable (IANA's registry of special-purpose addresses). */
const SPECIAL_IPV4 = [
  "0.0.0.0/8", // this host
  "10.0.0.0/8", // private
  "100.64.0.0/10", // between a provider and its customers; a cloud's metadata are in it, too
  "127.0.0.0/8", // loopback
  "168.63.129.16/32", // Azure's own services for the machine that asks
  "169.254.0.0/16", // link-local; 169.254.169.254 tells a cloud machine's secrets
  "172.16.0.0/12", // private
  "192.0.0.0/24", // protocols, among them NAT64's discovery and a cloud's metadata
  "192.0.2.0/24", // documentation
  "192.88.99.0/24", // relays of 6to4
  "192.168.0.0/16", // private
  "198.18.0.0/15", // benchmarks
  "198.51.100.0/24", // documentation
  "203.0.113.0/24", // documentation
  "224.0.0.0/4", // multicast
  "240.0.0.0/4", // reserved, broadcast
];

/**
 * What is global unicast in IPv6. Everything else is not public: loopback, unspecified, mapped (::ffff:0:0/96) and
 * compatible (::/96) IPv4, NAT64 (64:ff9b::/96, 64:ff9b:1::/48), unique-local, link-local, multicast.
 */
const GLOBAL_IPV6 = "2000::/3";

/** Of the global unicast addresses those that are not globally reachable, or lead to an IPv4 address. */
const SPECIAL_IPV6 = [
  "2001::/23", // protocols: Teredo, benchmarks, ORCHID
  "2001:db8::/32", // documentation
  "2002::/16", // 6to4
  "3fff::/20", // documentation
];

// a list per family: one list for both takes an IPv4 address for its mapped form, which is in an IPv6 range
const specialIPv4 = listOf(SPECIAL_IPV4, "ipv4");
const globalIPv6 = listOf([GLOBAL_IPV6], "ipv6");
const specialIPv6 = listOf(SPECIAL_IPV6, "ipv6");

function listOf(ranges: readonly string[], family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", prefix] = range.split("/");
    list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

/** Whether anybody on the internet can have this address; false for what is no address. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0 || address.includes("%")) return false;
  if (isIPv4(address)) return !specialIPv4.check(address, "ipv4");
  return globalIPv6.check(address, "ipv6") && !specialIPv6.check(address, "ipv6");
}
