import { createTokenManager, systemClock } from "@client-token/core";
import { bytesPerCall } from "../harness/allocation.ts";
import { createStubTokenEndpoint } from "../harness/stub-token-endpoint.ts";
import { repeat, repeatAwaiting, compareAll } from "../harness/turns.ts";
import { createHandWritten } from "./hand-written.ts";
import type { Suite } from "./suite.ts";

/** A token that is there: nanoseconds and bytes per call. */
export const hotPath: Suite = async (scale, backwards) => {
  await using tokens = createTokenManager({
    clients: { invoices: { tokenEndpoint: "https://sts.company.com/token", clientId: "invoices" } },
    httpClient: createStubTokenEndpoint().httpClient,
  });
  const invoices = tokens.client("invoices");
  const token = await invoices.getToken();
  const scoped = await invoices.getToken({ scope: "write" });

  const held = { accessToken: token.accessToken, exp: 3_540_000 };
  const handWritten = createHandWritten(async () => held);
  await handWritten();

  const clockReads = repeat(() => systemClock.now() > systemClock.monotonic(), true);
  const peek = repeat(() => invoices.peekToken(), token);
  const peekWithScope = repeat(() => invoices.peekToken({ scope: "write" }), scoped);
  const times = await compareAll(
    [
      { clockReads, peek },
      { peekWithScope },
      {
        handWritten: repeatAwaiting(() => handWritten(), held),
        getToken: repeatAwaiting(() => invoices.getToken(), token),
      },
    ],
    scale.hotPath,
    backwards,
  );
  return {
    ...times,
    clockReadsBytes: await bytesPerCall(clockReads, scale.allocation),
    peekBytes: await bytesPerCall(peek, scale.allocation),
    peekWithScopeBytes: await bytesPerCall(peekWithScope, scale.allocation),
  };
};
