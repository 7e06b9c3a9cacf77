/** The search box: what is found appears below as it is typed, and is kept in the address for the way back. */

import { type Hit, type Locale, type Part, mark } from "../search/index.ts";
import { count } from "./counting.ts";
import { Knowledge } from "./knowledge.ts";

const SHOWN = 8;
const TYPED_WITHIN = 120;
/** So long a search that found nothing has to stand before it is counted: half a word is no search. */
const MEANT_AFTER = 1500;
const SHORTEST = 2;

export function offerSearch(box: HTMLElement): void {
  const found = new SearchBox(box);
  box.hidden = false;
  found.restore();
}

class SearchBox {
  readonly #input: HTMLInputElement;
  readonly #state: HTMLElement;
  readonly #hits: HTMLElement;
  readonly #texts: DOMStringMap;
  readonly #knowledge: Knowledge;
  readonly #missed = new Set<string>();
  #timer = 0;
  #miss = 0;
  /** Counts the searches, so that a late answer never stands above a newer one. */
  #asked = 0;

  constructor(box: HTMLElement) {
    this.#input = one(box, "input");
    this.#state = one(box, ".state");
    this.#hits = one(box, ".hits");
    this.#texts = box.dataset;
    this.#knowledge = new Knowledge(box.dataset["locale"] as Locale);
    this.#input.addEventListener("input", () => this.#typed());
    one<HTMLFormElement>(box, "form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#hits.querySelector("a")?.focus();
    });
  }

  /** The search that the address holds: the reader came back from an article. */
  restore(): void {
    const query = new URLSearchParams(location.search).get("q");
    if (!query) return;
    this.#input.value = query;
    void this.#run();
  }

  #typed(): void {
    window.clearTimeout(this.#timer);
    window.clearTimeout(this.#miss);
    this.#timer = window.setTimeout(() => void this.#run(), TYPED_WITHIN);
  }

  async #run(): Promise<void> {
    const query = this.#input.value.trim();
    const asked = ++this.#asked;
    keep(query);
    if (query.length < SHORTEST) {
      this.#show([], "");
      return;
    }
    const hits = await this.#knowledge.find(query, SHOWN).catch(() => undefined);
    if (asked !== this.#asked) return;
    if (!hits) this.#show([], this.#texts["failed"] ?? "");
    else if (hits.length) this.#show(hits, (this.#texts["found"] ?? "").replace("{count}", String(hits.length)));
    else this.#nothing(query);
  }

  #nothing(query: string): void {
    this.#show([], this.#texts["nothing"] ?? "");
    if (this.#missed.has(query)) return;
    this.#miss = window.setTimeout(() => {
      this.#missed.add(query);
      void count({ kind: "misses", locale: this.#knowledge.locale });
    }, MEANT_AFTER);
  }

  #show(hits: readonly Hit[], state: string): void {
    this.#state.textContent = state;
    this.#hits.replaceChildren(...hits.map((hit) => this.#entry(hit)));
  }

  #entry(hit: Hit): HTMLElement {
    const link = document.createElement("a");
    link.href = `/faq/${this.#knowledge.locale}/${hit.id}/`;
    link.append(...nodes(mark(hit.title, hit, this.#knowledge.locale)));
    const around = document.createElement("p");
    around.className = "quiet";
    this.#knowledge.snippetOf(hit).then(
      (parts) => around.append(...nodes(parts)),
      () => around.remove(),
    );
    const entry = document.createElement("li");
    entry.append(link, around);
    return entry;
  }
}

function keep(query: string): void {
  const here = new URL(location.href);
  if (query) here.searchParams.set("q", query);
  else here.searchParams.delete("q");
  history.replaceState(history.state, "", here);
}

function nodes(parts: readonly Part[]): Node[] {
  return parts.map(({ text, isMatch }) => {
    if (!isMatch) return document.createTextNode(text);
    const marked = document.createElement("mark");
    marked.textContent = text;
    return marked;
  });
}

function one<T extends HTMLElement = HTMLElement>(within: HTMLElement, selector: string): T {
  const found = within.querySelector<T>(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return found;
}
