import { safeCause } from "../errors.ts";
import { credentialError } from "../options/client-assertion.ts";
import type { SigningAlgorithm } from "../keys/signing-algorithm.ts";
import { keyIdentity, keyProblem, loadKey, type DpopKey, type KeyMaterial } from "./key-material.ts";

/** A key, a function that gives the one in force, or nothing: one key is made at first use. */
export type KeySource = DpopKey | (() => DpopKey | Promise<DpopKey>) | undefined;

/** The key in force, imported anew only when it is another one. */
export function createKeyring(
  source: KeySource,
  algorithm: SigningAlgorithm | undefined,
): (client: string) => Promise<KeyMaterial> {
  let last: { readonly identity: unknown; readonly material: Promise<KeyMaterial> } | undefined;

  const load = (key: DpopKey | undefined): Promise<KeyMaterial> => {
    const identity = keyIdentity(key);
    if (last !== undefined && last.identity === identity) return last.material;
    const loading = { identity, material: loadKey(key, algorithm) };
    last = loading;
    loading.material.catch(() => {
      if (last === loading) last = undefined;
    });
    return loading.material;
  };

  return async (client) => {
    const fail = (problem: string, cause?: unknown): never => {
      throw credentialError(client, `the key of dpop() ${problem}`, safeCause(cause));
    };
    let key = typeof source === "function" ? undefined : source;
    if (typeof source === "function") {
      key = await Promise.resolve()
        .then(source)
        .catch((error: unknown) => fail("could not be had, see the cause", error));
      const problem = keyProblem(key, algorithm);
      if (problem !== undefined) fail(problem);
    }
    return load(key).catch((error: unknown) =>
      fail("cannot sign proofs, see the cause: is it whole, and for that algorithm?", error),
    );
  };
}
