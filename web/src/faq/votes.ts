/** "Was this helpful?" below an article; a vote stands for as long as the window is open. */

import { count } from "./counting.ts";

/** Shows the question, or the thanks where it was answered. */
export function takeVotes(vote: HTMLElement): void {
  const { article = "", locale = "", thanks = "", failed = "" } = vote.dataset;
  const answers = vote.querySelector<HTMLElement>(".answers");
  const state = vote.querySelector<HTMLElement>(".state");
  if (!answers || !state) return;
  const key = `vote ${locale} ${article}`;
  const buttons = [...answers.querySelectorAll("button")];
  const tell = (isCounted: boolean) => {
    state.textContent = isCounted ? thanks : failed;
    answers.hidden = isCounted;
    for (const each of buttons) each.disabled = false;
  };
  answers.addEventListener("click", ({ target }) => {
    if (!(target instanceof HTMLButtonElement)) return;
    for (const each of buttons) each.disabled = true;
    void count({ kind: "votes", article, locale, helpful: target.value === "yes" }).then((isCounted) => {
      tell(isCounted);
      if (isCounted) remember(key);
      (isCounted ? state : target).focus();
    });
  });
  if (isRemembered(key)) tell(true);
  vote.hidden = false;
}

function remember(key: string): void {
  try {
    sessionStorage.setItem(key, "1");
  } catch {
    // Storage is full or forbidden: then a reload asks again.
  }
}

function isRemembered(key: string): boolean {
  try {
    return sessionStorage.getItem(key) !== null;
  } catch {
    return false;
  }
}
