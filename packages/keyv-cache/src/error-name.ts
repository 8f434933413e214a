/** What may be shown of any error: its code, or its kind. */
export function nameOf(error: unknown): string {
  if (typeof error === "object" && error !== null && "code" in error) return String(error.code);
  return error instanceof Error ? error.name : "Error";
}
