/** What `fetch` is, as far as this package needs it: the platform's own, undici's, or a wrapper of yours. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** Wraps a {@link Fetch} in another. */
export type FetchMiddleware = (next: Fetch) => Fetch;
