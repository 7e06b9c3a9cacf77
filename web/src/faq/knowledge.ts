/** The search of one language and the articles' own small files, each fetched once. */

import { type Hit, type Locale, type Part, Search, snippet } from "../search/index.ts";

export type Fetch = (address: string) => Promise<string>;

export async function get(address: string): Promise<string> {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address} answers ${answer.status}`);
  return answer.text();
}

/** A `Knowledge` fetches nothing before it is asked; what could not be fetched is asked for again the next time. */
export class Knowledge {
  readonly locale: Locale;
  readonly #fetch: Fetch;
  readonly #kept = new Map<string, Promise<unknown>>();

  constructor(locale: Locale, fetch: Fetch = get) {
    this.locale = locale;
    this.#fetch = fetch;
  }

  /** The articles that answer a search, best first. Rejects where the index cannot be fetched. */
  async find(query: string, limit: number): Promise<Hit[]> {
    return (await this.#search()).find(query, limit);
  }

  /** Up to three articles for a ticket's subject or a chat's question, as it is typed. */
  async suggest(subject: string): Promise<Hit[]> {
    return (await this.#search()).suggest(subject);
  }

  /** What stands around the match in the article, in parts. */
  async snippetOf(hit: Hit): Promise<Part[]> {
    const { text } = await this.#once(hit.text, (json) => JSON.parse(json) as { text: string });
    return snippet(text, hit, this.locale);
  }

  async #search(): Promise<Search> {
    const { index } = await this.#once(`/faq/${this.locale}/search.json`, (json) => JSON.parse(json) as { index: string });
    return this.#once(index, (json) => Search.load(json));
  }

  #once<T>(address: string, read: (text: string) => T): Promise<T> {
    const kept = this.#kept.get(address) as Promise<T> | undefined;
    if (kept) return kept;
    const fetched = this.#fetch(address).then(read);
    this.#kept.set(address, fetched);
    fetched.catch(() => this.#kept.delete(address));
    return fetched;
  }
}
