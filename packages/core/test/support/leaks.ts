import { inspect } from "node:util";

/**
 * Everything that a log, a debugger, a serialiser or a curious reader could see of `value`: its texts, and all own
 * properties, hidden ones and symbols too, down its causes. Getters of a prototype are not called.
 */
export function everythingShownBy(value: unknown): string {
  const texts: string[] = [];
  const seen = new Set<unknown>();
  const visit = (one: unknown): void => {
    if (typeof one !== "object" || one === null) {
      texts.push(String(one));
      return;
    }
    if (seen.has(one)) return;
    seen.add(one);
    texts.push(asText(one), asJson(one), asJson({ ...one }), asText({ ...one }));
    if (one instanceof Headers || one instanceof Map || one instanceof Set) [...one].forEach(visit);
    for (const key of Reflect.ownKeys(one)) {
      texts.push(String(key));
      visit(Reflect.get(one, key));
    }
  };
  visit(value);
  for (const customInspect of [true, false]) {
    texts.push(inspect(value, { depth: null, showHidden: true, customInspect, maxStringLength: null }));
  }
  return texts.join("\n");
}

/** The forms that a credential can take on its way. */
export function formsOf(clientId: string, secret: string): readonly string[] {
  const encode = (text: string): string => new URLSearchParams({ "": text }).toString().slice(1);
  return [
    secret,
    encode(secret),
    encodeURIComponent(secret),
    btoa(`${encode(clientId)}:${encode(secret)}`),
    btoa(`${clientId}:${secret}`),
    btoa(secret),
  ];
}

function asText(value: object): string {
  try {
    return Reflect.apply(String, undefined, [value]);
  } catch {
    return "";
  }
}

function asJson(value: object): string {
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    return "";
  }
}
