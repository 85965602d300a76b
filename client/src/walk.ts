// What a client does first, as types: it must compile against the schema that the server publishes.
import { echomate, type Post, type User } from "./client";

interface Signed {
  user: User;
  access: string;
}

export async function signUp(baseUrl: string, username: string, email: string, password: string): Promise<Signed> {
  const client = echomate(baseUrl, () => undefined);
  const { data, error } = await client.POST("/api/v1/auth/signup", {
    body: { username, email, password, token_delivery: "body" },
  });
  if (data === undefined) throw new Error(error?.detail ?? "sign-up failed");
  return { user: data.user, access: data.access };
}

export async function publish(baseUrl: string, access: string, content: string): Promise<Post> {
  const client = echomate(baseUrl, () => access);
  const { data, error } = await client.POST("/api/v1/posts", { body: { content } });
  if (data === undefined) throw new Error(error?.detail ?? "the post was refused");
  return data;
}

export async function like(baseUrl: string, access: string, post: Post): Promise<number> {
  const client = echomate(baseUrl, () => access);
  const { data, error } = await client.POST("/api/v1/posts/{post}/like", { params: { path: { post: post.id } } });
  if (data === undefined) throw new Error(error?.detail ?? "the like was refused");
  return data.counts?.likes ?? 0;
}

export async function home(baseUrl: string, access: string): Promise<{ posts: Post[]; whole: boolean }> {
  const client = echomate(baseUrl, () => access);
  const { data, error } = await client.GET("/api/v1/feed", { params: { query: { limit: 20 } } });
  if (data === undefined) throw new Error(error?.detail ?? "the feed can't be read");
  return { posts: data.results, whole: data.state === "complete" };
}
