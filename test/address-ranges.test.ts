// Addresses and ranges: what is one, what is in one, and who is behind an address.
import t from "tap";
import { addressesOf, isAddressRange, networkOf } from "../src/address-ranges.js";

t.test("what is an address or a range", (t) => {
  for (const text of [
    "127.0.0.1",
    "10.0.0.0/8",
    "0.0.0.0/0",
    "1.2.3.4/32",
    "::1",
    "fe80::/10",
    "::/0",
    "::1/128",
  ])
    t.ok(isAddressRange(text), text);
  for (const text of [
    "",
    "localhost",
    "10.0.0",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "::1/129",
    "::1/x",
    "1/8",
  ])
    t.notOk(isAddressRange(text), text);
  t.end();
});

t.test("what is in a range", (t) => {
  const has = addressesOf(["10.0.0.0/8", "192.168.1.7", "2001:db8::/32", "::1"]);
  const inside = ["10.0.0.0", "10.255.255.255", "192.168.1.7", "2001:db8::1", "2001:db8:ffff::", "::1"];
  for (const address of [...inside, "::ffff:10.1.2.3"]) t.ok(has(address), address);
  const outside = ["9.255.255.255", "11.0.0.0", "192.168.1.8", "2001:db9::", "::2", "::ffff:11.0.0.0"];
  for (const address of [...outside, "", "unknown", "10.0.0.1, 10.0.0.2"]) t.notOk(has(address), address);
  t.notOk(addressesOf([])("127.0.0.1"));
  t.end();
});

t.test("who is behind an address", (t) => {
  const networks: [address: string, network: string][] = [
    ["192.168.1.7", "192.168.1.7"],
    ["::ffff:192.168.1.7", "192.168.1.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0DB8:1:2::9", "2001:db8:1:2::/64"],
    ["2001:db8::9", "2001:db8:0:0::/64"],
    ["1::2:3:4:5:6", "1:0:0:2::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["unknown", "unknown"],
  ];
  for (const [address, network] of networks) t.equal(networkOf(address), network, address);
  t.end();
});
