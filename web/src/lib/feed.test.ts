import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { follow, type Message, MessageReader, waitAfter } from "./feed";

const bytes = (text: string) => new TextEncoder().encode(text);
const STREAM = 'retry: 2000\n\nid: 7\nevent: case.opened\ndata: {"name":"Ổ gà"}\n\n: còn đây\n\nid: 9\n\nid: 10\nevent: case.closed\ndata: a\ndata: b\n\n';
const WHOLE: Message[] = [{ event: "case.opened", data: '{"name":"Ổ gà"}' }, { event: "case.closed", data: "a\nb" }];

describe("server-sent events", () => {
  it("are the same wherever the bytes are cut, also inside a letter", () => {
    for (const text of [STREAM, STREAM.replaceAll("\n", "\r\n"), STREAM.replaceAll("\n", "\r") + "\r"]) {
      const all = bytes(text);
      for (let cut = 0; cut <= all.length; cut++) {
        const reader = new MessageReader();
        expect([...reader.read(all.slice(0, cut)), ...reader.read(all.slice(cut))]).toEqual(WHOLE);
        expect([reader.lastId, reader.retry]).toEqual(["10", 2000]);
      }
    }
    const reader = new MessageReader();
    expect([...bytes(STREAM)].flatMap((byte) => reader.read(Uint8Array.of(byte)))).toEqual(WHOLE);
  });
  it("move the position by a heartbeat, not by half a message", () => {
    const reader = new MessageReader();
    expect(reader.read(bytes("id: 9\n\nid: 10\nevent: case.closed\ndata: x\n"))).toEqual([]);
    expect(reader.lastId).toBe("9");
    reader.restart();
    expect(reader.read(bytes("data: y\n\n"))).toEqual([{ event: "message", data: "y" }]);
    expect(reader.lastId).toBe("9");
  });
});

describe("following a feed", () => {
  beforeEach(() => { vi.useFakeTimers(); vi.stubGlobal("window", new EventTarget()); vi.stubGlobal("document", new EventTarget()); });
  afterEach(() => { vi.useRealTimers(); vi.unstubAllGlobals(); });

  const answer = (text: string, end: boolean) => new Response(new ReadableStream({ start(line) { line.enqueue(bytes(text)); if (end) line.close(); } }));

  it("comes back with the last id, waits longer after each failure, and stops when told", async () => {
    const asked: (string | null)[] = [], heard: string[] = [];
    let lost = 0;
    const answers = [() => answer("id: 1\ndata: a\n\n", true), () => { throw new TypeError("no network"); }, () => new Response("", { status: 503 }), () => answer("id: 2\ndata: b\n\n", false)];
    const stop = follow({ open: async (id) => { asked.push(id); return answers[asked.length - 1]!(); }, onMessage: (m) => heard.push(m.data), onLost: () => { lost++; } });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(asked).toEqual([null, "1", "1", "1"]);
    expect([heard, lost]).toEqual([["a", "b"], 3]);
    stop();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(asked).toHaveLength(4);
  });
  it("gives up a silent line", async () => {
    let asked = 0;
    const stop = follow({
      open: async (_, signal) => { asked++; return new Response(new ReadableStream({ start(line) { signal.addEventListener("abort", () => line.error(new Error("hung up"))); } })); },
      onMessage: () => undefined, onLost: () => undefined,
    });
    await vi.advanceTimersByTimeAsync(39_000);
    expect(asked).toBe(1);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked).toBe(2);
    stop();
  });
  it("waits at most half a minute", () => {
    expect(waitAfter(0, 2000, 1)).toBe(2000);
    expect(waitAfter(2, 2000, 0)).toBe(4000);
    expect(waitAfter(50, 2000, 1)).toBe(30_000);
  });
});
