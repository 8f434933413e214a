import { registerHooks } from "node:module";

/** @keyv/sqlite is for Keyv 6. Where both are installed it shall find that one, as in a project of its own. */
export function giveSqliteKeyv6(): void {
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "keyv" && context.parentURL?.includes("@keyv/sqlite/") === true
        ? next("keyv-6", { ...context, parentURL: import.meta.url })
        : next(specifier, context),
  });
}
