import createClient, { type Client } from "openapi-fetch";

import type { components, paths } from "../build/schema";

export type User = components["schemas"]["User"];
export type Post = components["schemas"]["Post"];

/** A client of the API; `access` is asked for before each call, so that it may be refreshed meanwhile. */
export function echomate(baseUrl: string, access: () => string | undefined): Client<paths> {
  const client = createClient<paths>({ baseUrl });
  client.use({
    onRequest({ request }) {
      const token = access();
      if (token !== undefined) request.headers.set("Authorization", `Bearer ${token}`);
      return request;
    },
  });
  return client;
}
