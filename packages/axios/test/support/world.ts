import { createAdapterWorld, type AdapterWorld } from "../../../core/test/support/adapter-world.ts";

export { ok, unauthorized } from "../../../core/test/support/adapter-world.ts";
export type { ApiAnswer as Answer } from "../../../core/test/support/servers.ts";

/** One request as the API saw it. */
interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Headers;
  readonly authorization: string | null;
  /** The body as text. */
  readonly body: string;
  /** The body as form fields, files by their name and content. */
  readonly form: () => Promise<readonly (readonly string[])[]>;
}

export type World = AdapterWorld<SeenRequest>;

export function createWorld(): Promise<World> {
  return createAdapterWorld(look);
}

async function look(request: Request): Promise<SeenRequest> {
  const { method, headers } = request;
  const { pathname, search } = new URL(request.url);
  const bytes = await request.arrayBuffer();
  return {
    method,
    path: pathname + search,
    headers,
    authorization: headers.get("authorization"),
    body: new TextDecoder().decode(bytes),
    form: async () => {
      const fields = [...(await new Response(bytes, { headers }).formData())];
      return Promise.all(
        fields.map(async ([name, value]) =>
          typeof value === "string" ? [name, value] : [name, value.name, value.type, await value.text()],
        ),
      );
    },
  };
}

/** The `Authorization` headers of the tokens issued so far. */
export function bearers({ server }: Pick<World, "server">): string[] {
  return server.issued.map((token) => `Bearer ${token}`);
}

/** The `Authorization` headers that the API has seen so far. */
export function presented({ seen }: Pick<World, "seen">): (string | null)[] {
  return seen.map(({ authorization }) => authorization);
}
