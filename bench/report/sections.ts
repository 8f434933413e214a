/** Looks up a raw figure of one round. */
type Lookup = (name: string) => number;

/** One line of the report. */
export interface Row {
  readonly what: string;
  readonly unit: "ns" | "µs" | "ms" | "bytes" | "%" | "×" | "";
  /** Digits behind the point; the verdict is about the figure as it is printed. */
  readonly digits: number;
  /** The figure of one round. */
  readonly figure: (of: Lookup) => number;
  /** The most that is promised. */
  readonly atMost?: number;
}

/** What the report says about one suite. */
export interface Section {
  readonly suite: string;
  readonly title: string;
  readonly about: string;
  readonly rows: readonly Row[];
}

/** Every figure of the report, and its target. */
export const sections: readonly Section[] = [
  {
    suite: "hot-path",
    title: "A token that is there",
    about:
      "The clock reads are the two that decide about a token's age, the wall clock and the monotonic clock, and nothing else. " +
      "The hand-written function is `if (token && token.exp > now) return token` in an `async` function, with `now` from the same two clocks. " +
      "Bytes are what one call puts on the heap. The target for the whole of `peekToken()` is what the fastest of the peers takes.",
    rows: [
      { what: "the clock reads", unit: "ns", digits: 1, figure: (of) => of("clockReads") },
      { what: "`peekToken()`", unit: "ns", digits: 1, figure: (of) => of("peek"), atMost: 148 },
      {
        what: "`peekToken()`, beyond the clock reads",
        unit: "ns",
        digits: 1,
        figure: (of) => of("peek") - of("clockReads"),
        atMost: 25,
      },
      { what: "the clock reads", unit: "bytes", digits: 0, figure: (of) => of("clockReadsBytes") },
      { what: "`peekToken()`", unit: "bytes", digits: 0, figure: (of) => of("peekBytes"), atMost: 0 },
      {
        what: "`peekToken()`, beyond the clock reads",
        unit: "bytes",
        digits: 0,
        figure: (of) => of("peekBytes") - of("clockReadsBytes"),
        atMost: 0,
      },
      {
        what: "`peekToken({ scope })`",
        unit: "ns",
        digits: 0,
        figure: (of) => of("peekWithScope"),
        atMost: 1000,
      },
      { what: "`peekToken({ scope })`", unit: "bytes", digits: 0, figure: (of) => of("peekWithScopeBytes") },
      { what: "the hand-written function", unit: "ns", digits: 1, figure: (of) => of("handWritten") },
      { what: "`await getToken()`", unit: "ns", digits: 1, figure: (of) => of("getToken") },
      {
        what: "`await getToken()`, measured by the hand-written one",
        unit: "×",
        digits: 2,
        figure: (of) => of("getToken") / of("handWritten"),
        atMost: 1,
      },
    ],
  },
  {
    suite: "adapters",
    title: "What an adapter adds to a call",
    about:
      "A call with a token beside the same call with a constant header, which is set by the same kind of hook, interceptor or adapter; for ky with " +
      "both hooks. The transport is a stub that builds a `Request` and a `Response`, and answers at once.",
    rows: [
      ...added("fetch: `withClientToken`", "fetch", 1),
      ...added("ky: `withClientToken`", "ky", 2),
      ...added("Axios: `withClientToken`", "axios", 2),
      ...added("Axios: `clientTokenInterceptors`", "axiosInterceptors", 2),
      ...added("Axios: `clientTokenAdapter`", "axiosAdapter", 2),
    ],
  },
  {
    suite: "loopback",
    title: "The same over loopback HTTP",
    about:
      "The API runs in a process of its own and answers at once with a few bytes: over any real network the share is smaller.",
    rows: [share("fetch"), share("ky"), share("axios")].flat(),
  },
  {
    suite: "cold-calls",
    title: "Calls at once that find no token",
    about:
      "All of them call `getToken()` in the same turn of the event loop; the token endpoint is a stub that answers at once.",
    rows: [
      { what: "calls", unit: "", digits: 0, figure: (of) => of("callers") },
      { what: "token requests", unit: "", digits: 0, figure: (of) => of("tokenRequests"), atMost: 1 },
      {
        what: "until all have the token",
        unit: "ms",
        digits: 1,
        figure: (of) => (of("coldCall") * of("callers")) / 1e6,
      },
      { what: "per call", unit: "µs", digits: 2, figure: (of) => of("coldCall") / 1000 },
    ],
  },
  {
    suite: "tenants",
    title: "Tenants through `resolveClient`",
    about:
      "A look-up is `tokens.client(name).peekToken()`, by names in no order. Bytes are all that a tenant keeps in memory: options, key, token.",
    rows: [
      { what: "a look-up among 1", unit: "ns", digits: 0, figure: (of) => of("few") },
      { what: "a look-up among 1 000", unit: "ns", digits: 0, figure: (of) => of("some") },
      { what: "a look-up among 100 000", unit: "ns", digits: 0, figure: (of) => of("many") },
      { what: "per tenant, of 100 000", unit: "bytes", digits: 0, figure: (of) => of("bytesPerToken") },
      {
        what: "per tenant, beyond the characters of its token",
        unit: "bytes",
        digits: 0,
        figure: (of) => of("bytesBeyondToken"),
      },
    ],
  },
];

function added(what: string, name: string, atMost: number): Row[] {
  const figure = (of: Lookup): number => (of(`${name}Token`) - of(`${name}Constant`)) / 1000;
  return [
    { what: `${what}, the call`, unit: "µs", digits: 2, figure: (of) => of(`${name}Token`) / 1000 },
    { what: `${what}, added`, unit: "µs", digits: 2, figure, atMost },
  ];
}

function share(name: "fetch" | "ky" | "axios"): Row[] {
  const what = name === "axios" ? "Axios" : name;
  return [
    { what: `${what}, the call`, unit: "µs", digits: 0, figure: (of) => of(`${name}Token`) / 1000 },
    {
      what: `${what}, added`,
      unit: "%",
      digits: 1,
      figure: (of) => (of(`${name}Token`) / of(`${name}Constant`) - 1) * 100,
      atMost: 3,
    },
  ];
}
