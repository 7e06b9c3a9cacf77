/** The search box: what is found appears below as it is typed, and is there again on the way back from an article. */

import { type Hit, type Locale, type Part, mark } from "../search/index.ts";
import { count } from "./counting.ts";
import { Knowledge } from "./knowledge.ts";
import { Searching, type Shown } from "./searching.ts";

const SHOWN = 8;

/** Shows the box, and what was searched when the page was left. */
export function offerSearch(box: HTMLElement): void {
  const page = new SearchBox(box);
  box.hidden = false;
  page.restore();
}

class SearchBox {
  readonly #input: HTMLInputElement;
  readonly #state: HTMLElement;
  readonly #hits: HTMLElement;
  readonly #texts: DOMStringMap;
  readonly #knowledge: Knowledge;
  readonly #searching: Searching<Hit>;

  constructor(box: HTMLElement) {
    this.#input = one<HTMLInputElement>(box, "input");
    this.#state = one(box, ".state");
    this.#hits = one(box, ".hits");
    this.#texts = box.dataset;
    this.#knowledge = new Knowledge(box.dataset["locale"] as Locale);
    this.#searching = new Searching<Hit>(
      {
        // One more than is shown tells whether there are more.
        find: (query) => this.#knowledge.find(query, SHOWN + 1),
        show: (shown) => this.#show(shown),
        miss: () => void count({ kind: "misses", locale: this.#knowledge.locale }),
        after: (milliseconds, run) => {
          const timer = window.setTimeout(run, milliseconds);
          return () => window.clearTimeout(timer);
        },
      },
      kept(this.#input.maxLength),
    );
    this.#input.addEventListener("input", () => this.#searching.typed(this.#query));
    one(box, "form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#goToFirst();
    });
  }

  restore(): void {
    this.#input.value ||= kept(this.#input.maxLength);
    if (this.#query) void this.#searching.now(this.#query);
  }

  get #query(): string {
    return this.#input.value.trim();
  }

  /** Enter leads to the first article of what stands in the box now. */
  async #goToFirst(): Promise<void> {
    if (await this.#searching.now(this.#query)) this.#hits.querySelector("a")?.focus();
  }

  #show(shown: Shown<Hit>): void {
    keep(this.#query);
    const hits = shown.kind === "found" ? shown.hits.slice(0, SHOWN) : [];
    this.#state.textContent = this.#told(shown);
    this.#hits.replaceChildren(...hits.map((hit) => this.#entry(hit)));
  }

  #told(shown: Shown<Hit>): string {
    const { found = "", nothing = "", failed = "" } = this.#texts;
    switch (shown.kind) {
      case "blank":
        return "";
      case "found":
        return found.replace("{count}", shown.hits.length > SHOWN ? `${SHOWN}+` : String(shown.hits.length));
      case "nothing":
        return nothing;
      case "failed":
        return failed;
    }
  }

  #entry(hit: Hit): HTMLElement {
    const { locale } = this.#knowledge;
    const link = document.createElement("a");
    link.href = `/faq/${locale}/${hit.id}/`;
    link.append(...nodes(mark(hit.title, hit, locale)));
    const around = document.createElement("p");
    around.className = "quiet";
    this.#knowledge.snippetOf(hit).then(
      (parts) => around.append(...nodes(parts)),
      () => around.remove(),
    );
    const entry = document.createElement("li");
    entry.append(link, around);
    void this.#knowledge.localeOf(hit).then((its) => (entry.lang = its));
    return entry;
  }
}

/** A search is kept with the page's place in the history: no address, and so no server, ever holds it. */
function keep(query: string): void {
  history.replaceState({ query }, "");
}

function kept(longest: number): string {
  const { query } = (history.state ?? {}) as { query?: string };
  return (query ?? "").slice(0, longest);
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
