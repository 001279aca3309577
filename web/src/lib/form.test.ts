import { describe, expect, it } from "vitest";
import { ApiError, fieldMessage } from "../api/errors";
import type { Field, JsonSchema } from "../api/types";
import { body, check } from "./form";
import { answersOf, fieldsOf } from "./schema";

const fields: Field[] = [
  { name: "answer", type: "text", label: "Trả lời", required: true, max_length: 10 },
  { name: "photos", type: "photo", label: "Ảnh", required: true },
  { name: "priority", type: "number", label: "Mức", required: false, min: 1, max: 4 },
  { name: "score", type: "rating", label: "Điểm", required: false },
];
describe("forms of actions", () => {
  it("say what is missing or wrong before the server does", () => {
    expect(Object.keys(check(fields, { answer: "  ", photos: [] }))).toEqual(["answer", "photos"]);
    expect(Object.keys(check(fields, { answer: "x".repeat(11), photos: ["u"], priority: "9" }))).toEqual(["answer", "priority"]);
    expect(check(fields, { answer: "xong", photos: ["u"], priority: "2" })).toEqual({});
  });
  it("take another case by its code, however it is typed", () => {
    const into: Field[] = [{ name: "into", type: "case", label: "Trùng với", required: true }];
    expect(check(into, { into: "h7k 9m2r" })).toEqual({});
    expect(body(into, { into: "h7k 9m2r" })).toEqual({ into: "H7K-9M2R" });
    expect(Object.keys(check(into, { into: "việc kia" }))).toEqual(["into"]);
  });
  it("send only what was filled in", () => {
    expect(body(fields, { answer: " xong ", photos: ["u"], priority: "2", score: 5, other: 1 })).toEqual({ answer: "xong", photos: ["u"], priority: 2, score: 5 });
    expect(body(fields, { answer: "", photos: [] })).toEqual({});
  });
  it("find the server's words for a field by its pointer", () => {
    const error = new ApiError(422, { errors: [{ pointer: "/reason", detail: "Thiếu lý do" }, { pointer: "/photos/0", detail: "Ảnh hỏng" }] });
    expect([error.field("reason"), error.field("photos"), error.field("answer")]).toEqual(["Thiếu lý do", "Ảnh hỏng", undefined]);
    expect(fieldMessage([{ pointer: "/contact/phone", detail: "Sai số" }], "phone")).toBe("Sai số");
  });
});

describe("questions of a category", () => {
  const schema: JsonSchema = {
    type: "object", required: ["width"],
    properties: {
      depth: { title: "Độ sâu", position: 2, type: "integer", minimum: 1, maximum: 300 },
      width: { title: "Bề rộng", title_en: "Width", position: 1, type: "string", oneOf: [{ const: "small", title: "Dưới 30 cm" }] },
      fell: { title: "Có người ngã?", position: 3, type: "boolean" },
    },
  };
  it("become fields, in their order", () => {
    expect(fieldsOf(schema).map((f) => [f.name, f.type, f.required])).toEqual([["width", "choice", true], ["depth", "number", false], ["fell", "choice", false]]);
    expect(fieldsOf({})).toEqual([]);
  });
  it("are answered in the schema's types", () => {
    expect(answersOf(schema, { width: "small", depth: "12", fell: "false", stray: 1 })).toEqual({ width: "small", depth: 12, fell: false });
    expect(answersOf(schema, { width: "", depth: "" })).toEqual({});
  });
});
