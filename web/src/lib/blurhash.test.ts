import { expect, test } from "vitest";
import { averageColour } from "./blurhash";

test("the mean colour is read from the hash", () => {
  // Of a picture that is red above and blue below, made by the server's library.
  expect(averageColour("L~L7qMw$fQw$|TwufQwu,Sn~fQn~")).toBe("#b805b8");
  expect([averageColour(null), averageColour("L0")]).toEqual([null, null]);
});
