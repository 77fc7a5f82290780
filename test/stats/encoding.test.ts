// Labels of encodings, and where bytes stop being UTF-8.
import t from "tap";
import {
  chooseEncoding,
  decode,
  encode,
  encodingOf,
  firstInvalidUtf8,
} from "../../workers/stats/encoding.js";

// on the right, TextDecoder's own names
const LABELS: Record<string, string> = {
  "utf-8": "utf-8",
  utf_8: "utf-8",
  UTF8: "utf-8",
  "utf-8-sig": "utf-8",
  utf_8_sig: "utf-8",
  utf_16: "utf-16le",
  "utf-16-le": "utf-16le",
  utf_16_be: "utf-16be",
  "latin-1": "windows-1252",
  latin_1: "windows-1252",
  latin1: "windows-1252",
  L1: "windows-1252",
  "iso-8859-1": "windows-1252",
  iso8859_15: "iso-8859-15",
  latin9: "iso-8859-15",
  ascii: "windows-1252",
  cp1252: "windows-1252",
  cp1251: "windows-1251",
  windows_1250: "windows-1250",
  mac_roman: "macintosh",
  koi8_r: "koi8-r",
  cp866: "ibm866",
  shift_jis: "shift_jis",
  cp932: "shift_jis",
  euc_jp: "euc-jp",
  gb18030: "gb18030",
  big5: "big5",
};
for (const [label, name] of Object.entries(LABELS)) t.equal(encodingOf(label).name, name, label);
t.throws(() => encodingOf("klingon"), {
  message: "/options/encoding names no encoding that is known here: klingon",
});

t.equal(encodingOf("cp1252").kind, "single-byte");
t.equal(encodingOf("gbk").kind, "other", "a second byte may look like a letter");
t.equal(encodingOf("utf-16").kind, "other");

t.equal(chooseEncoding(Uint8Array.of(0xff, 0xfe), "latin-1").name, "utf-16le", "a byte order mark decides");
t.equal(chooseEncoding(Uint8Array.of(0xfe, 0xff), undefined).name, "utf-16be");
t.equal(chooseEncoding(Uint8Array.of(0xef, 0xbb, 0xbf), "utf-16").name, "utf-8");
t.equal(chooseEncoding(Buffer.from("a,b"), "latin-1").name, "windows-1252");
t.equal(chooseEncoding(Buffer.from("a,b"), undefined).name, "utf-8");

const western = encodingOf("latin-1");
t.strictSame(encode(western, "né"), Uint8Array.of(0x6e, 0xe9));
t.equal(encode(western, "漢"), undefined);
t.equal(decode(western, Uint8Array.of(0x6e, 0xe9)), "né");
// bytes(range(128, 160)).decode("cp1252"), and the Encoding Standard's controls for the five that Python refuses
const specials = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";
const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const latin1 = String.fromCharCode(...bytes);
t.equal(decode(western, bytes), latin1.slice(0, 128) + specials + latin1.slice(160));
for (const byte of bytes) t.equal(decode(western, Uint8Array.of(byte)).length, 1, `${byte} alone`);
t.strictSame(encode(western, "€ÿ"), Uint8Array.of(0x80, 0xff));
t.equal(decode(encodingOf("utf-8"), Buffer.from("\ufeffé")), "\ufeffé", "a second byte order mark is text");

t.test("the first byte that is not UTF-8", (t) => {
  // Unicode's table 3-7: well-formed byte sequences
  const bad = [
    [0x80], // a continuation that continues nothing
    [0xc0, 0x80], // too long for its character
    [0xe0, 0x9f, 0x80], // too long for its character
    [0xed, 0xa0, 0x80], // half of a surrogate pair
    [0xf4, 0x90, 0x80, 0x80], // beyond U+10FFFF
    [0xff],
    [0xe2, 0x82], // cut off
  ];
  const before = ["", "a", "é", "€", "😀", "x".repeat(65_535), "é".repeat(40_000), "€".repeat(50_000)];
  for (const bytes of bad)
    for (const text of before) {
      const good = Buffer.from(text);
      const found = firstInvalidUtf8(Buffer.concat([good, Buffer.from(bytes), Buffer.from("abc")]));
      t.equal(found, good.length, `${bytes} after ${good.length} bytes`);
    }
  const whole = Buffer.from("€".repeat(50_000));
  t.equal(firstInvalidUtf8(whole), whole.length);
  t.end();
});
