/** Whether a body can be sent twice, where anything may be one. A spent stream would go out empty, and look like a success. */
export function isReplayable(body: unknown): boolean {
  // By their looks: streams of Node and of the web, the `form-data` package (a stream too), async iterables.
  return !["pipe", "getReader", Symbol.asyncIterator].some((name) => has(body, name));
}

/** Lets go of a body that nobody reads: a stream would hold its connection. */
export function discard(body: unknown): void {
  if (has(body, "destroy")) body.destroy();
  else if (has(body, "cancel")) Promise.resolve(body.cancel()).catch(() => {});
}

function has<Name extends PropertyKey>(value: unknown, name: Name): value is Record<Name, () => unknown> {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, name) === "function";
}
