import { expect, test } from "vitest";
import { bytes, text } from "./base64url";

test("base64url there and back, without padding and with its own two letters", () => {
  const value = new Uint8Array([0xfb, 0xff, 0xfe, 0x00, 0x01]);
  expect(text(value.buffer)).toBe("-__-AAE");
  expect(bytes("-__-AAE")).toEqual(value);
});
