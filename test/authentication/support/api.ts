import type { JWTPayload } from "jose";
import { createHash, type X509Certificate } from "node:crypto";
import { createProofChecker, Refused } from "../../../packages/core/test/support/proofs.ts";
import {
  certificateOf,
  type AuthorizationServer,
} from "../../../packages/core/test/support/authorization-server.ts";
import { listen } from "../../../packages/core/test/support/listener.ts";

/** An API that knows what its tokens are bound to. */
export interface Api {
  readonly url: string;
  /** The statuses of all answers so far. */
  readonly answers: readonly number[];
}

/**
 * Answers with the claims of a token that `server` signed. A token bound to a certificate has to come over a connection
 * with that one (RFC 8705 §3); one bound to a key, with a proof that names the nonce of the last answer (RFC 9449 §9).
 */
export async function startApi(
  { verify }: Pick<AuthorizationServer, "verify">,
  scheme: "http" | "https" = "http",
): Promise<Api> {
  const { origin, answer } = await listen(scheme);
  const answers: number[] = [];
  let nonce = crypto.randomUUID();
  const checkProof = createProofChecker({ now: Date.now, nonces: () => [nonce] });

  const judge = async (request: Request, certificate: X509Certificate | undefined): Promise<JWTPayload> => {
    const [type, token = ""] = request.headers.get("authorization")?.split(" ") ?? [];
    const claims = await verify(token).catch(() => {
      throw new Refused("invalid_token", "not signed for this API");
    });
    const { jkt, "x5t#S256": thumbprint } = (claims["cnf"] ?? {}) as Record<string, string | undefined>;
    const bound = thumbprint === undefined || thumbprint === thumbprintOf(certificate);
    if (!bound) throw new Refused("invalid_token", "bound to another certificate");
    if (type !== (jkt === undefined ? "Bearer" : "DPoP"))
      throw new Refused("invalid_token", "of another type");
    if (jkt !== undefined && (await checkProof(request, token)).thumbprint !== jkt) {
      throw new Refused("invalid_token", "bound to another key");
    }
    return claims;
  };

  answer(async (incoming, outgoing) => {
    const { method = "GET", url, headers, socket } = incoming;
    const request = new Request(origin + url, {
      method,
      headers: Object.entries(headers) as [string, string][],
    });
    const judged = await judge(request, certificateOf(socket)).catch((error: unknown) => error);
    const status = judged instanceof Error ? 401 : 200;
    nonce = crypto.randomUUID();
    outgoing.setHeader("content-type", "application/json").setHeader("dpop-nonce", nonce);
    if (judged instanceof Refused) outgoing.setHeader("www-authenticate", `DPoP error="${judged.code}"`);
    answers.push(status);
    outgoing.writeHead(status).end(JSON.stringify(judged));
  });
  return { url: `${origin}/list`, answers };
}

function thumbprintOf(certificate: X509Certificate | undefined): string | undefined {
  return certificate && createHash("sha256").update(certificate.raw).digest("base64url");
}
