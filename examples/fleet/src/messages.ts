// What the fleet, its processes and the servers agree on. Messages travel over IPC: plain data only.

import type { TokenEvent } from "@client-token/core";

/** The invoices API, as a resource indicator (RFC 8707) and as the audience of its tokens. */
export const invoicesApi = "urn:invoices";
export const clientId = "invoices-service";

/** Requests of a process say which one it is, so that the servers can keep books. */
export const workerHeader = "x-worker";

/** What a process has to know before it can work. */
export interface Settings {
  readonly tokenEndpoint: string;
  readonly api: string;
  readonly redis: string;
  readonly clientSecret: string;
  /** One process asks for a token while the others wait; without it, each asks. */
  readonly lease: boolean;
}

export type Order =
  | { readonly type: "prepare"; readonly settings: Settings }
  | { readonly type: "call"; readonly api: string };

export type Report =
  | { readonly type: "prepared" }
  | { readonly type: "called"; readonly took: number; readonly problem: string | undefined }
  | { readonly type: "token"; readonly from: TokenSource; readonly isRenewal: boolean };

/** Where a process got a token from. */
export type TokenSource = Extract<TokenEvent, { type: "token-obtained" }>["from"];
