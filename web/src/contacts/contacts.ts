/**
 * The script of the contacts page: the reader's language, what is open now and when the rest opens. Without it all
 * contacts can be read. It runs in the page's head, so that no other language is drawn first, and asks nobody anything.
 */

import { type Hours, isOpen, nextChange } from "../calendar/calendar.ts";
import { MINUTE } from "../calendar/zone.ts";
import "./contacts.css";
import { type Locale, chooseLocale } from "./locale.ts";
import { type Status, type Told, type Words, tell } from "./telling.ts";

/** What the page has of the catalog; hours by the service's id. */
interface Data {
  hours: Record<string, Hours>;
  words: Record<Locale, Words>;
}

const root = document.documentElement;

function showLocale(): Locale {
  const { hash, search } = location;
  const locale = chooseLocale({ hash, search, languages: navigator.languages });
  root.dataset["locale"] = root.lang = locale;
  return locale;
}

function nameLocale(locale: Locale, { words }: Data): void {
  document.title = words[locale].title;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.getAttribute("lang") === locale) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

/** What is said of every service, in all five languages, at this moment. */
function tellAll({ hours, words }: Data): void {
  const now = Date.now();
  for (const [service, its] of Object.entries(hours)) {
    const status = statusOf(its, now);
    for (const place of document.querySelectorAll<HTMLElement>(`[data-service="${service}"]`)) {
      const locale = place.closest("section")?.lang as Locale;
      if (status) write(place, status.isOpen, tell(status, now, words[locale], readersWall));
    }
  }
}

/** Undefined where this browser does not know the zone: the hours are there as text. */
function statusOf(hours: Hours, now: number): Status | undefined {
  try {
    return { isOpen: isOpen(hours, now), change: nextChange(hours, now) };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Not by the zone's name: some browsers do not tell it. */
function readersWall(at: number): number {
  return at - new Date(at).getTimezoneOffset() * MINUTE;
}

function write(place: HTMLElement, isOpen: boolean, { state, when }: Told): void {
  const rest = when && `, ${when}`;
  if (place.textContent === state + rest) return;
  place.classList.toggle("is-open", isOpen);
  place.replaceChildren(Object.assign(document.createElement("b"), { textContent: state }), rest);
}

function start(): void {
  const data = JSON.parse(document.getElementById("data")?.textContent ?? "") as Data;
  nameLocale(showLocale(), data);
  addEventListener("hashchange", () => nameLocale(showLocale(), data));
  // Whatever opens or closes does so at a full minute. A page that was hidden may have slept over several.
  document.addEventListener("visibilitychange", () => tellAll(data));
  const tick = () => {
    tellAll(data);
    setTimeout(tick, MINUTE - (Date.now() % MINUTE));
  };
  tick();
}

showLocale();
document.addEventListener("DOMContentLoaded", start);
