/**
 * A reader of server-sent events over fetch, which can send a token as EventSource cannot.
 * The parsing follows https://html.spec.whatwg.org/multipage/server-sent-events.html § 9.2.6.
 */
export interface Message { event: string; data: string }

/** Takes bytes cut anywhere, also inside a letter; gives whole messages. */
export class MessageReader {
  /** What to send as Last-Event-ID; heartbeats move it too. */
  lastId: string | null = null;
  /** How long the server wants us to wait before coming back, in milliseconds. */
  retry: number | null = null;
  private decoder = new TextDecoder();
  private rest = "";
  private fields = { event: "", data: "", id: null as string | null };

  read(bytes: Uint8Array): Message[] {
    this.rest += this.decoder.decode(bytes, { stream: true });
    const found: Message[] = [];
    // a carriage return at the very end may be half of a line's end
    for (let end; (end = /\r\n|\n|\r(?=[^])/.exec(this.rest)); ) {
      const line = this.rest.slice(0, end.index);
      this.rest = this.rest.slice(end.index + end[0].length);
      if (line) this.take(line);
      else found.push(...this.dispatch());
    }
    return found;
  }

  /** A new connection begins in the middle of nothing; how far we came stays. */
  restart(): void {
    this.decoder = new TextDecoder();
    this.rest = "";
    this.fields = { event: "", data: "", id: null };
  }

  private take(line: string): void {
    const colon = line.indexOf(":");
    if (colon === 0) return; // a comment
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") this.fields.data += `${value}\n`;
    else if (name === "event") this.fields.event = value;
    else if (name === "id" && !value.includes("\0")) this.fields.id = value;
    else if (name === "retry" && /^\d+$/.test(value)) this.retry = Number(value);
  }

  private dispatch(): Message[] {
    const { event, data, id } = this.fields;
    this.fields = { event: "", data: "", id: null };
    if (id !== null) this.lastId = id;
    return data ? [{ event: event || "message", data: data.slice(0, -1) }] : [];
  }
}

export interface Feed {
  /** Opens the stream from `lastId` on; with a token, if there is one. */
  open: (lastId: string | null, signal: AbortSignal) => Promise<Response>;
  onMessage: (message: Message) => void;
  onLost: () => void;
}
/** The server says something at least every 15 s; after this long without a byte the line is dead. */
const SILENCE = 40_000;
const LONGEST_WAIT = 30_000;

/** Follows a feed, and comes back with Last-Event-ID whenever the line is lost. Returns how to stop. */
export function follow({ open, onMessage, onLost }: Feed): () => void {
  const stop = new AbortController();
  void (async () => {
    const reader = new MessageReader();
    for (let failures = 0; !stop.signal.aborted; ) {
      try {
        for await (const message of messages(reader, open, stop.signal)) { failures = 0; onMessage(message); }
      } catch { /* lost, refused or silent: the same to whoever waits for it */ }
      if (stop.signal.aborted) return;
      onLost();
      await pause(waitAfter(failures++, reader.retry ?? 1000), stop.signal);
    }
  })();
  return () => stop.abort();
}

/** Twice as long after each failure, and never all clients at the same moment. */
export const waitAfter = (failures: number, retry: number, random = Math.random()): number =>
  Math.min(LONGEST_WAIT, retry * 2 ** failures) * (0.5 + random / 2);

async function* messages(reader: MessageReader, open: Feed["open"], stopped: AbortSignal): AsyncGenerator<Message> {
  const line = new AbortController();
  const hangUp = () => line.abort();
  stopped.addEventListener("abort", hangUp);
  window.addEventListener("offline", hangUp);
  let silence = setTimeout(hangUp, SILENCE);
  try {
    reader.restart();
    const answer = await open(reader.lastId, line.signal);
    if (!answer.ok || !answer.body) throw new Error(`the feed answered ${answer.status}`);
    const body = answer.body.getReader();
    for (let part; !(part = await body.read()).done; ) {
      clearTimeout(silence);
      silence = setTimeout(hangUp, SILENCE);
      yield* reader.read(part.value);
    }
  } finally {
    clearTimeout(silence);
    stopped.removeEventListener("abort", hangUp);
    window.removeEventListener("offline", hangUp);
    line.abort();
  }
}

/** Waits, but not while the network comes back or the page is looked at again. */
function pause(ms: number, stopped: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const id = setTimeout(over, ms);
    function over() { clearTimeout(id); window.removeEventListener("online", over); document.removeEventListener("visibilitychange", over); done(); }
    window.addEventListener("online", over);
    document.addEventListener("visibilitychange", over);
    stopped.addEventListener("abort", over);
  });
}
