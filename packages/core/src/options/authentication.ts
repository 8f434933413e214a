import { checker, type Checker } from "./checks.ts";
import type { ClientAssertion } from "./client-assertion.ts";
import type { ClientCredentialStyle, ClientOptions, ClientSecret, MutualTls } from "./client-options.ts";
import { proofKeys, type ProofKeys } from "./dpop.ts";

/** How a client proves who it is, and what its tokens are bound to. */
export interface Authentication {
  readonly clientSecret: ClientSecret | undefined;
  readonly clientCredentialStyle: ClientCredentialStyle;
  readonly clientAssertion: ClientAssertion | undefined;
  readonly mutualTls: MutualTls | undefined;
  readonly dpop: ProofKeys | undefined;
}

/** A list that the compiler keeps complete. */
const styles: Record<ClientCredentialStyle, 0> = {
  "authorization-header": 0,
  "authorization-header-raw": 0,
  "post-body": 0,
};

export function readAuthentication(name: string, options: ClientOptions, check: Checker): Authentication {
  check.functions(options, "clientAssertion");
  const { clientAssertion, clientCredentialStyle = "authorization-header", mutualTls, dpop } = options;
  const clientSecret = readSecret(options, check);
  if (clientSecret !== undefined && clientAssertion !== undefined) {
    check.fail("clientAssertion", "stands beside clientSecret, and only one of them is sent: leave one out.");
  }
  if (!Object.hasOwn(styles, clientCredentialStyle)) {
    check.fail("clientCredentialStyle", `is none of "${Object.keys(styles).join('", "')}".`);
  }
  return {
    clientSecret,
    clientCredentialStyle,
    clientAssertion,
    mutualTls: mutualTls === undefined ? undefined : readMutualTls(name, mutualTls),
    dpop:
      dpop === undefined
        ? undefined
        : (dpop?.[proofKeys] ?? check.fail("dpop", "was not made by dpop() of @client-token/core/dpop.")),
  };
}

/** Whether tokens are bound to what no other process is known to have: they are of no use there. */
export function isBoundToProcess({ mutualTls, dpop }: Authentication): boolean {
  return (mutualTls !== undefined && mutualTls.thumbprint === undefined) || dpop?.shareable === false;
}

function readSecret(options: ClientOptions, check: Checker): ClientSecret | undefined {
  if (!("clientSecret" in options)) return undefined;
  const secret = options.clientSecret;
  if (typeof secret === "function") return secret;
  return check.string(
    "clientSecret",
    secret,
    "is the environment variable set? A client without a secret leaves the option out.",
  );
}

function readMutualTls(name: string, mutualTls: MutualTls): MutualTls {
  const check = checker(`mutualTls of client "${name}"`);
  check.known(mutualTls, { thumbprint: 0 });
  const { thumbprint } = mutualTls;
  if (thumbprint !== undefined && !/^[\w-]{43}$/.test(thumbprint)) {
    check.fail("thumbprint", "is no SHA-256 thumbprint in base64url: give its 43 characters.");
  }
  return { thumbprint };
}
