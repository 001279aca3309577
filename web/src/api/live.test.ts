import { expect, it } from "vitest";
import { sumOf } from "./live";

// /tiles/open_cases/0/0/0.mvt of a demo city: two cells, the larger with 166 cases of which 88 are overdue
const TILE = "GlgKCm9wZW5fY2FzZXMSEwja9AESBAAAAQAYASIFCYwz/hwSEwjw9AESBAABAQIYASIFCZAzhB0aBWNvdW50GgdvdmVyZHVlIgIoAiIDKKYBIgIoWCiAIHgC";

it("counts all open cases from the tile of the world", () => {
  expect(sumOf(Buffer.from(TILE, "base64"))).toEqual({ count: 168, overdue: 90 });
  expect(sumOf(new Uint8Array())).toEqual({ count: 0, overdue: 0 });
});
