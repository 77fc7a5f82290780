// Reads server-sent events (HTML, 9.2.6) from the body of an answer.

export interface ServerEvent {
  /** Of this event, or of the last one before it that had one; "" before any. */
  id: string;
  /** `message` unless the event says otherwise. */
  type: string;
  data: string;
}

/** How a stream goes on when it was cut: the id to begin after, and the pause before, in milliseconds. */
export interface Resumption {
  lastEventId: string;
  retry: number;
}

/** The events of one body. What it says of a resumption is written into `resumption`. */
export async function* readEvents(
  body: AsyncIterable<Uint8Array>,
  resumption: Resumption,
): AsyncGenerator<ServerEvent, void, void> {
  let id = resumption.lastEventId;
  let type = "";
  let data: string[] = [];
  for await (const line of linesOf(body)) {
    if (line === "") {
      resumption.lastEventId = id;
      if (data.length > 0) yield { id, type: type || "message", data: data.join("\n") };
      type = "";
      data = [];
      continue;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon); // "" for a comment
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") data.push(value);
    else if (field === "event") type = value;
    else if (field === "id" && !value.includes("\0")) id = value;
    else if (field === "retry" && /^\d+$/.test(value)) resumption.retry = Number(value);
  }
}

/** Lines end with CRLF, LF or CR; one without an end is not whole, and left out. */
async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder(); // takes a byte order mark away
  let text = "";
  for await (const bytes of body) {
    text += decoder.decode(bytes, { stream: true });
    // a CR at the end may be the first half of a CRLF
    const whole = text.endsWith("\r") ? text.length - 1 : text.length;
    const lines = text.slice(0, whole).split(/\r\n|\n|\r/);
    text = (lines.pop() ?? "") + text.slice(whole);
    yield* lines;
  }
}
