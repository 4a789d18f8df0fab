import { expect, test } from "vitest";
import { readOnce } from "../src/lib/read-once.ts";

test("each of the last few texts is read once, another text is never answered with what it said, and nobody changes it", () => {
  const asked: string[] = [];
  const read = readOnce((text) => {
    asked.push(text);
    if (text === "bad") throw new Error("no");
    return { text, inner: [{ text }] };
  }, 2);
  expect([read("a"), read("b"), read("a")].map(({ text }) => text)).toEqual(["a", "b", "a"]);
  expect(asked).toEqual(["a", "b"]);
  expect(() => Object.assign(read("a").inner[0] ?? {}, { text: "z" })).toThrow(TypeError);
  expect(read("c").text).toBe("c");
  expect(read("a").text).toBe("a");
  expect(asked).toEqual(["a", "b", "c", "a"]);
  for (let i = 0; i < 2; i += 1) expect(() => read("bad")).toThrow("no");
  expect(asked.slice(-2)).toEqual(["bad", "bad"]);
});
