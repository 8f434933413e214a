const coldCaches =
  "Between two requests the work of others empties the processor's caches, and the same steps take longer than over the stub.";

/**
 * Why a target is missed, by suite and line of the report. Printed where the figures say so, beside the figure;
 * no figures in here.
 */
export const misses: Readonly<Record<string, string>> = {
  "hot-path: `peekToken()`, bytes":
    "They are the number that `Date.now()` returns, which V8 puts on the heap for every caller; `peekToken()` itself adds none.",
  "hot-path: `peekToken({ scope })`, ns":
    "A request is read afresh each time: its scope is checked and made into a key at every call, so that no request can be taken for an earlier one.",
  "hot-path: `await getToken()`, measured by the hand-written one, ×":
    "It asks what the hand-written one does not: whether the manager is open, the client has new options, the token was rejected, and its renewal is due.",
  "adapters: fetch: `withClientToken`, added, µs":
    "It judges where the request goes before it puts the token on, and looks at the status of the response before it hands it on.",
  "adapters: ky: `withClientToken`, added, µs":
    "The hooks remember what each call was given, outside the options that ky shows to other hooks, and compare it with what was sent before they judge the response.",
  "adapters: Axios: `withClientToken`, added, µs":
    "An adapter is laid over each request, so that one of the request's own gets the token too, and the headers are copied, so that the token never shows in a config.",
  "adapters: Axios: `clientTokenInterceptors`, added, µs":
    "The headers are copied, searched and put back, so that the token does not stay in the config; `withClientToken` does it in fewer steps.",
  "adapters: Axios: `clientTokenAdapter`, added, µs":
    "The headers are copied, so that the token never shows in a config, and the response is looked at before it is handed on.",
  "loopback: fetch, added, %": coldCaches,
  "loopback: ky, added, %": coldCaches,
  "loopback: Axios, added, %": coldCaches,
};
