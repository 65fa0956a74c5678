import { describe, expect, it } from "vitest";
import { defaultRetry, delayMs } from "../src/retry.js";

const policy = { ...defaultRetry, attempts: 4, firstDelayMs: 100, maxDelayMs: 1000 };
const least = () => 0;
const most = () => 1;

describe("delays", () => {
  it("double, and half of them is chance", () => {
    const table = [1, 2, 3].map((attempt) => [delayMs(policy, attempt, null, least), delayMs(policy, attempt, null, most)]);
    expect(table).toEqual([[50, 100], [100, 200], [200, 400]]);
  });

  it("end with the tries", () => {
    expect(delayMs(policy, 4, null)).toBeUndefined();
  });

  it("are as long as the server asks, unless that is too long", () => {
    expect(delayMs(policy, 1, "1", least)).toBe(1025);
    expect(delayMs(policy, 1, "2", least)).toBeUndefined();
    const now = () => Date.parse("2026-11-23T00:00:00Z");
    expect(delayMs(policy, 1, "Mon, 23 Nov 2026 00:00:01 GMT", least, now)).toBe(1025);
    expect(delayMs(policy, 1, "nonsense", least)).toBe(50);
  });
});
