/** The search of one language and the articles' own small files, each fetched once. */

import { type Hit, type Locale, type Part, Search, snippet } from "../search/index.ts";

export type Fetch = (address: string) => Promise<string>;

/** `search.json`: where the index is, and the language of each article that this one does not have. */
interface Pointer {
  readonly index: string;
  readonly foreign: Readonly<Record<string, Locale>>;
}

interface Index {
  readonly search: Search;
  readonly foreign: Pointer["foreign"];
}

async function get(address: string): Promise<string> {
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
    return (await this.#index()).search.find(query, limit);
  }

  /** Up to three articles for a ticket's subject or a chat's question, as it is typed. */
  async suggest(subject: string): Promise<Hit[]> {
    return (await this.#index()).search.suggest(subject);
  }

  /** The language in which a reader of this one is shown the article. */
  async localeOf(hit: Hit): Promise<Locale> {
    return (await this.#index()).foreign[hit.id] ?? this.locale;
  }

  /** What stands around the match in the article, in parts. */
  async snippetOf(hit: Hit): Promise<Part[]> {
    const { text } = await this.#once(hit.text, async () => JSON.parse(await this.#fetch(hit.text)) as { text: string });
    return snippet(text, hit, this.locale);
  }

  /** Pointer and index together: the pointer to an index that is gone is fetched anew. */
  #index(): Promise<Index> {
    return this.#once("index", async () => {
      const { index, foreign } = JSON.parse(await this.#fetch(`/faq/${this.locale}/search.json`)) as Pointer;
      return { search: Search.load(await this.#fetch(index)), foreign };
    });
  }

  #once<T>(key: string, make: () => Promise<T>): Promise<T> {
    const kept = this.#kept.get(key) as Promise<T> | undefined;
    if (kept) return kept;
    const made = make();
    this.#kept.set(key, made);
    made.catch(() => this.#kept.delete(key));
    return made;
  }
}
