// Names of hosts, as settings list them and URLs hold them.

const NAME = /^(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/i;
/** With a number as its last part a name would be read as an IPv4 address (WHATWG URL). */
const NUMBER_LAST = /(^|\.)(\d+|0x[0-9a-f]*)$/i;

/** Whether `text` can be the name of a host, without a dot at its end. */
export function isHostName(text: string): boolean {
  return text.length <= 253 && NAME.test(text) && !NUMBER_LAST.test(text);
}
