import { describe, expect, it } from "vitest";
import { emailLooksRight, fold, phoneLooksRight, reportCode, uuid } from "./text";

describe("text", () => {
  it("reads codes as people type them", () => {
    expect(["h7k-9m2r", " H7K 9M2R ", "H7K9M2R", "H7K–9M2R"].map(reportCode)).toEqual(Array(4).fill("H7K-9M2R"));
    expect(["", "H7K", "xin chào", "H7K-9M2R-000000"].map(reportCode)).toEqual([null, null, null, null]);
  });
  it("folds Vietnamese", () => expect(fold("Đường Lê Lợi, Phường Thuận Hoá")).toBe("duong le loi, phuong thuan hoa"));
  it("knows a phone number and an address from a slip", () => {
    expect(["0912345678", "+84 912 345 678", "0234.3823.456"].map(phoneLooksRight)).toEqual([true, true, true]);
    expect(["12345", "09123abc"].map(phoneLooksRight)).toEqual([false, false]);
    expect(["a@b.vn", "a@b", "a b@c.vn"].map(emailLooksRight)).toEqual([true, false, false]);
  });
  it("makes version 4 ids", () => expect(uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/));
});
