/** Votes and searches that found nothing, counted without saying who. */

export type Counted =
  | { readonly kind: "votes"; readonly article: string; readonly locale: string; readonly helpful: boolean }
  | { readonly kind: "misses"; readonly locale: string };

const TOO_MANY = 429;

/** Whether that is done with: counted, or one of too many from this address, for which nobody need try again. */
export async function count({ kind, ...body }: Counted): Promise<boolean> {
  const answer = await fetch(`/v1/faq/${kind}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    keepalive: true,
  }).catch(() => undefined);
  return answer !== undefined && (answer.ok || answer.status === TOO_MANY);
}
