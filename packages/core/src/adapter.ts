/**
 * What adapters are made of: `@client-token/core/adapter`. An adapter translates its library's requests and
 * responses; the authorizer does everything else.
 */
export type { Attachment } from "./authorizer/attachment.ts";
export {
  createAuthorizer,
  type AttachOptions,
  type Authorizer,
  type ClientReference,
  type WithClientTokenOptions,
} from "./authorizer/authorizer.ts";
export { discard, isReplayable } from "./authorizer/bodies.ts";
export type { ResponseView } from "./authorizer/rejection.ts";
export type { RequestView, SelectToken, TokenChoice } from "./authorizer/token-choice.ts";
export type { AnyManager, DefaultManager, NameOf } from "./default-manager.ts";
