// Where webhooks may lead: what is refused at once, what WEBHOOK_ALLOW allows, and how names are resolved.
import t from "tap";
import type { HostAddress, Resolve } from "../../src/webhooks/resolve.js";
import { createWebhookTargets } from "../../src/webhooks/targets.js";
import { InputError } from "../../workers/input-error.js";

const address = (address: string): HostAddress => ({ address, family: address.includes(":") ? 6 : 4 });

/** Hosts of a test's own. */
const HOSTS: Record<string, string[]> = {
  "public.example": ["93.184.216.34", "2606:2800:220:1::1"],
  "mixed.example": ["93.184.216.34", "10.0.0.1"],
  "mixed6.example": ["93.184.216.34", "::ffff:a00:1"],
  "private.example": ["192.168.1.1"],
  "metadata.example": ["169.254.169.254"],
  "none.example": [],
  localhost: ["127.0.0.1", "::1"],
};

const resolve: Resolve = async (host) => {
  const found = HOSTS[host];
  if (!found) throw new Error(`queryA ENOTFOUND ${host}`);
  return found.map(address);
};

function targets(...allow: string[]) {
  return createWebhookTargets({ allow, resolve, resolveAllowed: resolve });
}

async function refusal(text: string, ...allow: string[]): Promise<InputError["problem"] | undefined> {
  try {
    await targets(...allow).check(text);
    return undefined;
  } catch (error) {
    if (error instanceof InputError) return error.problem;
    throw error;
  }
}

t.test("a public https URL", async (t) => {
  const hosts = [
    ...["https://public.example/hook?key=1", "https://public.example:8443/", "https://PUBLIC.example./"],
    ...["https://93.184.216.34/", "https://[2606:2800:220:1::1]:8443/", "HTTPS://public.example#part"],
  ];
  for (const url of hosts) t.equal(await refusal(url), undefined, url);
  const { host, addresses } = await targets().target("https://PUBLIC.example./");
  t.same({ host, addresses }, { host: "public.example", addresses: HOSTS["public.example"]!.map(address) });
});

t.test("what is no URL that could be called is malformed", async (t) => {
  const wrong = [
    ...["", "hook", "/hook", "//public.example", "public.example/hook", "https://", "https:///", "http://"],
    ...["http://public.example/", "ftp://public.example/", "file:///etc/passwd", "javascript:alert(1)"],
    ...[
      "https://ann:secret@public.example/",
      "https://ann@public.example/",
      "https://:secret@public.example/",
    ],
    ...["https://[fe80::1%25eth0]/", "https://[::1", "https://public.example:99999/", "https://a b/"],
    ...["https://1.2.3.256/", "https://0x100000000/", `https://public.example/${"x".repeat(2048)}`],
    ...["https://pub\0lic.example/", "https://./"],
  ];
  for (const url of wrong) {
    const problem = await refusal(url);
    const expected = { status: 400, name: "invalid-input", errors: [{ path: "/Abacus-Webhook" }] };
    t.match(problem, expected, JSON.stringify(url));
    t.notMatch(problem?.detail, /secret|ann/, "what may be a password is not repeated");
  }
});

t.test("an address that is not public is refused, however it is written", async (t) => {
  const wrong = [
    ...[
      "https://127.0.0.1/",
      "https://127.1/",
      "https://2130706433/",
      "https://0x7f.1/",
      "https://0177.0.0.1/",
    ],
    ...[
      "https://0/",
      "https://127.0.0.1./",
      "https://[::1]/",
      "https://[::]/",
      "https://[::ffff:127.0.0.1]/",
    ],
    ...["https://[::ffff:7f00:1]/", "https://[0:0:0:0:0:ffff:7f00:1]/", "https://[64:ff9b::7f00:1]/"],
    ...[
      "https://[::127.0.0.1]/",
      "https://[2002:7f00:1::]/",
      "https://[fd00:ec2::254]/",
      "https://10.0.0.1:8443/",
    ],
    ...["https://169.254.169.254/latest/meta-data/", "https://①②⑦.0.0.1/", "https://%31%32%37.0.0.1/"],
    ...["https://localhost/", "https://LOCALHOST./", "https://private.example/", "https://metadata.example/"],
    ...["https://mixed.example/", "https://mixed6.example/", "https://none.example/"],
  ];
  for (const url of wrong) {
    const problem = await refusal(url);
    t.match(problem, { status: 422, name: "impossible-value", errors: [{ path: "/Abacus-Webhook" }] }, url);
    t.match(
      problem?.detail,
      /^\/Abacus-Webhook has a host, .* not public, and WEBHOOK_ALLOW does not name it$/,
    );
    t.notMatch(problem?.detail, /10\.0\.0\.1 |192\.168/, "the network is not told of");
  }
});

t.test("a host without an address, or whose name server is silent, is refused", async (t) => {
  t.match(await refusal("https://unknown.example/"), {
    status: 422,
    detail: "/Abacus-Webhook has a host, unknown.example, whose address cannot be found now",
  });
});

t.test("WEBHOOK_ALLOW: hosts by their names", async (t) => {
  for (const url of ["https://private.example/", "http://private.example:8080/", "http://PRIVATE.example./"])
    t.equal(await refusal(url, "Private.example"), undefined, url);
  t.equal((await refusal("https://private.example/", "other.example"))?.status, 422);
  t.equal((await refusal("https://metadata.example/", "private.example"))?.status, 422);
  t.equal(
    (await refusal("https://sub.private.example/", "private.example"))?.status,
    422,
    "no other of them",
  );
  t.equal((await refusal("http://public.example/", "private.example"))?.status, 400);
  t.equal((await refusal("https://192.168.1.1/", "private.example"))?.status, 422, "not by its address");
});

t.test("WEBHOOK_ALLOW: addresses and ranges", async (t) => {
  const allow = ["10.0.0.0/8", "192.168.1.1", "fd00::/8"];
  for (const url of [
    ...["https://10.1.2.3/", "http://10.1.2.3/", "https://192.168.1.1/", "https://[fd12::1]/"],
    ...["https://mixed.example/", "https://private.example/"],
  ])
    t.equal(await refusal(url, ...allow), undefined, url);
  for (const url of ["https://192.168.1.2/", "https://127.0.0.1/", "https://metadata.example/"])
    t.equal((await refusal(url, ...allow))?.status, 422, url);
  t.equal(
    (await refusal("http://private.example/", ...allow))?.status,
    400,
    "without TLS as it stands there only",
  );
});

t.test(
  "names that the operator has named are resolved as the system does, others by name servers",
  async (t) => {
    const asked: string[] = [];
    const noting =
      (which: string): Resolve =>
      async (host) => {
        asked.push(`${which} ${host}`);
        return [address("93.184.216.34")];
      };
    const options = { allow: ["hooks"], resolve: noting("servers"), resolveAllowed: noting("system") };
    const both = createWebhookTargets(options);
    for (const url of ["https://hooks/", "https://hooks.example/", "https://1.1.1.1/"]) await both.check(url);
    t.same(asked, ["system hooks", "servers hooks.example"]);
    t.equal(await createWebhookTargets({ allow: ["localhost"] }).check("http://localhost:1/"), undefined);
  },
);
