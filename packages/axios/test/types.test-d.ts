// Compiled, never run: what the types let through, and what they do not.
import { createTokenManager } from "@client-token/core";
import axios, { type AxiosAdapter, type AxiosInstance } from "axios";
import { clientTokenAdapter, clientTokenInterceptors, withClientToken } from "../src/index.ts";

const manager = createTokenManager({
  clients: { invoices: { tokenEndpoint: "https://sts.company.com/connect/token", clientId: "invoices" } },
});
const handle = manager.client("invoices");

// A name is one of the manager's, and any name where nobody said which manager is the default.
withClientToken("invoices", { manager });
withClientToken("anything");
withClientToken(handle);
// @ts-expect-error: not a client of this manager
withClientToken("invoises", { manager });
// @ts-expect-error: not a client of this manager
clientTokenAdapter("invoises", { manager });
// @ts-expect-error: not a client of this manager
clientTokenInterceptors("invoises", { manager });

// The decorator keeps the type of what it is given.
interface Extended extends AxiosInstance {
  readonly extra: string;
}
declare const extended: Extended;
withClientToken(handle)(extended) satisfies Extended;
withClientToken(handle)(axios).CancelToken satisfies object;
// @ts-expect-error: not an instance
withClientToken(handle)(fetch);

// The parts fit where they belong.
const { request, response } = clientTokenInterceptors(handle);
axios.interceptors.request.use(...request) satisfies number;
axios.interceptors.response.use(...response) satisfies number;
const over: (next?: AxiosAdapter) => AxiosAdapter = clientTokenAdapter(handle);
axios.create({ adapter: over() });
axios.create({ adapter: clientTokenAdapter(handle)(["fetch", "http"]) });
// @ts-expect-error: no such adapter
clientTokenAdapter(handle)(1);

// A request chooses its token, in every place that takes a config.
void axios.get("/list", { clientToken: { client: "invoices", scope: ["list", "write"] } });
void axios.post("/list", {}, { clientToken: { client: handle, resource: "urn:invoices" } });
void axios.request({ url: "/list", clientToken: false });
axios.create({ clientToken: { scope: "list" } }).defaults.clientToken = undefined;
// @ts-expect-error: `false` is the only switch
void axios.get("/list", { clientToken: true });
// @ts-expect-error: unknown option
void axios.get("/list", { clientToken: { scopes: "list" } });
