import { buffer } from "node:stream/consumers";
import type {
  AuthorizationServer,
  SeenGrant,
} from "../../../packages/core/test/support/authorization-server.ts";
import { listen } from "../../../packages/core/test/support/listener.ts";

/** A server that takes the `Basic` header as it is, in UTF-8 (RFC 7617), and decodes nothing in it. */
export async function startRawAuthorizationServer(id: string, secret: string): Promise<AuthorizationServer> {
  const { origin: issuer, answer } = await listen("http");
  const grants: SeenGrant[] = [];
  const issued = new Set<string>();
  answer(async (request, response) => {
    const { authorization } = request.headers;
    const fields = Object.fromEntries(new URLSearchParams((await buffer(request)).toString()));
    grants.push({ authorization, fields, certificate: undefined });
    const sent = Buffer.from(authorization?.replace(/^Basic /, "") ?? "", "base64").toString("utf8");
    const isGood = sent === `${id}:${secret}`;
    response.setHeader("content-type", "application/json");
    if (!isGood) {
      // Some servers repeat what they were sent.
      const refusal = {
        error: "invalid_client",
        error_description: `${authorization} is not ${id} (${sent})`,
      };
      response.writeHead(401).end(JSON.stringify(refusal));
      return;
    }
    const token = crypto.randomUUID();
    issued.add(token);
    response.end(JSON.stringify({ access_token: token, expires_in: 3600 }));
  });
  return {
    issuer,
    tokenEndpoint: `${issuer}/token`,
    grants,
    async verify(accessToken) {
      if (!issued.has(accessToken)) throw new Error("not a token of this server");
      return { client_id: id };
    },
  };
}
