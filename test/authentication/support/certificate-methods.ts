import { createCertificate, type Certificate } from "../../../packages/core/test/support/certificates.ts";
import {
  startAuthorizationServer,
  type AuthorizationServerOptions,
} from "../../../packages/core/test/support/authorization-server.ts";
import { authority } from "../../../packages/core/test/support/listener.ts";
import type { Method, Registration } from "./method.ts";

const selfSigned = createCertificate("invoices");
/** Signed by the authority. */
export const signed = createCertificate("invoices", { issuer: authority });

function certificateMethod(
  name: string,
  certificate: Certificate,
  server: AuthorizationServerOptions,
  registration: Registration,
  refused: Registration,
  more: Partial<Method> = {},
): Method {
  return {
    name,
    proofs: ["certificate"],
    options: { mutualTls: { thumbprint: certificate.thumbprint } },
    certificate,
    start: (knowing) =>
      startAuthorizationServer(
        () => ({
          tls_client_certificate_bound_access_tokens: true,
          ...(knowing === "this" ? registration : { ...registration, ...refused }),
        }),
        server,
      ),
    secrets: [certificate.key],
    ...more,
  };
}

const certified = ({ cert, publicJwk }: Certificate): Registration => ({
  token_endpoint_auth_method: "self_signed_tls_client_auth",
  jwks: { keys: [{ ...publicJwk, x5c: [cert.replaceAll(/-----[^-]+-----|\s/g, "")] }] },
});
const bySelf = [certified(selfSigned), certified(createCertificate("invoices"))] as const;
const byAuthority = [
  { token_endpoint_auth_method: "tls_client_auth", tls_client_auth_subject_dn: "CN=invoices" },
  { tls_client_auth_subject_dn: "CN=payments" },
] as const;

export const certificateMethods: readonly Method[] = [
  certificateMethod("self_signed_tls_client_auth", selfSigned, { scheme: "https" }, ...bySelf),
  certificateMethod("tls_client_auth", signed, { scheme: "https" }, ...byAuthority),
  certificateMethod("tls_client_auth, an issuer's alias", signed, { alias: true }, ...byAuthority, {
    discovered: true,
  }),
];
