export const utf8 = {
  encode: (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text),
  decode: (bytes: ArrayBuffer): string => new TextDecoder().decode(bytes),
};

/** RFC 4648 §5, without padding. */
export const base64url = {
  encode(bytes: Uint8Array): string {
    const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
    return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  },
  /** Strictly: the same bytes have one text, and every other is `undefined`. */
  decode(text: string): Uint8Array<ArrayBuffer> | undefined {
    try {
      const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
      const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
      return base64url.encode(bytes) === text ? bytes : undefined;
    } catch {
      return undefined;
    }
  },
};
