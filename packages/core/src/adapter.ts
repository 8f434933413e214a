/**
 * What adapters are made of: `@client-token/core/adapter`. An adapter translates its library's requests and
 * responses; the authorizer does everything else.
 */
export {
  createAuthorizer,
  type Attachment,
  type AttachOptions,
  type Authorizer,
  type ClientReference,
  type WithClientTokenOptions,
} from "./authorizer/authorizer.ts";
export type { ResponseView } from "./authorizer/rejection.ts";
export type { RequestView, SelectToken, TokenChoice } from "./authorizer/token-choice.ts";
export type { AnyManager, DefaultManager, NameOf } from "./default-manager.ts";
