// Which addresses are public, after IANA's registries of special-purpose addresses.
import t from "tap";
import { isPublicAddress } from "../../src/webhooks/public-addresses.js";

t.test("addresses that anybody on the internet can have", (t) => {
  const addresses = [
    ...["1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1"],
    ...[
      "169.253.0.1",
      "169.255.0.1",
      "192.0.1.1",
      "192.169.0.1",
      "198.17.0.1",
      "198.20.0.1",
      "223.255.255.255",
    ],
    ...["2606:4700:4700::1111", "2a00:1450:4001:82b::200e", "2001:4860:4860::8888", "2620:fe::fe"],
  ];
  for (const address of addresses) t.equal(isPublicAddress(address), true, address);
  t.end();
});

t.test("addresses that are the deployment's own, nobody's, or another's in disguise", (t) => {
  const byKind: Record<string, string[]> = {
    private: ["10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1"],
    loopback: ["127.0.0.1", "127.1.2.3", "::1"],
    unspecified: ["0.0.0.0", "0.1.2.3", "::"],
    "link-local": ["169.254.0.1", "fe80::1", "febf::1", "fe80::1%eth0"],
    metadata: ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16"],
    "unique-local": ["fc00::1", "fdff::1", "fec0::1"],
    "carrier-grade NAT": ["100.64.0.1", "100.127.255.255"],
    multicast: ["224.0.0.1", "239.255.255.255", "ff02::1"],
    reserved: ["240.0.0.1", "255.255.255.255", "4000::1", "5f00::1", "e000::1", "100::1"],
    protocols: ["192.0.0.1", "192.88.99.1", "2001:20::1"],
    benchmarks: ["198.18.0.1", "198.19.255.255", "2001:2::1"],
    documentation: ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    mapped: ["::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:a00:1", "::ffff:8.8.8.8"],
    compatible: ["::7f00:1", "::127.0.0.1", "::8.8.8.8"],
    NAT64: ["64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::1"],
    "6to4": ["2002:7f00:1::", "2002:808:808::1"],
    Teredo: ["2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
    "no address": ["", "localhost", "8.8.8", "8.8.8.8.", "2606:4700:4700:::1111", "[2606:4700:4700::1111]"],
  };
  for (const [kind, addresses] of Object.entries(byKind))
    for (const address of addresses) t.equal(isPublicAddress(address), false, `${kind}: ${address}`);
  t.end();
});
