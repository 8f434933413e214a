import type { ClientOptions, SigningAlgorithm } from "@client-token/core";
import type { ClientMetadata } from "oidc-provider";
import type { Certificate } from "../../../packages/core/test/support/certificates.ts";
import type {
  AuthorizationServer,
  SeenGrant,
} from "../../../packages/core/test/support/authorization-server.ts";

/** What can say who sends a token request. */
export type Proof = "authorization" | "client_secret" | "client_assertion" | "certificate";

/** What the server knows of the client. */
export type Registration = Partial<ClientMetadata>;

/** One way to prove who the client is. */
export interface Method {
  readonly name: string;
  /** All that each of its token requests says it with. */
  readonly proofs: readonly Proof[];
  readonly options: Partial<ClientOptions>;
  /** What the HTTP clients present over TLS, to the token endpoint and to the API. */
  readonly certificate?: Certificate;
  /** The token endpoint is looked up. */
  readonly discovered?: boolean;
  /** Token endpoint and API ask for nonces, once each. */
  readonly nonces?: boolean;
  /** What the header of an assertion says. */
  readonly algorithm?: SigningAlgorithm | "HS256";
  /** A server that knows the client's credential, or another one. */
  readonly start: (knowing: "this" | "another") => Promise<AuthorizationServer>;
  /** What may be shown to nobody. */
  readonly secrets: readonly string[];
}

/** What said who sent a token request. */
export function proofsIn({ authorization, fields, certificate }: SeenGrant): Proof[] {
  const sent: Readonly<Record<string, unknown>> = { ...fields, authorization, certificate };
  const all = ["authorization", "client_secret", "client_assertion", "certificate"] as const;
  return all.filter((proof) => sent[proof] !== undefined);
}
