import {
  startAuthorizationServer,
  type AuthorizationServer,
  type AuthorizationServerOptions,
} from "../support/authorization-server.ts";

/** The secret of any client: every id is registered, and has another secret. */
export function secretOf(clientId: string): string {
  return `secret of ${clientId}`;
}

/** oidc-provider, which knows every client; the scope `write` is closed to `reader`. */
export function startOpenServer(options?: AuthorizationServerOptions): Promise<AuthorizationServer> {
  return startAuthorizationServer(
    (id) => ({ client_secret: secretOf(id), ...(id === "reader" && { scope: "list" }) }),
    { ...options, open: true },
  );
}
