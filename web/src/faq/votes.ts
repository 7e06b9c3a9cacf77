/** "Was this helpful?" below an article. */

import { count } from "./counting.ts";

export function takeVotes(vote: HTMLElement): void {
  const { article = "", locale = "", thanks = "", failed = "" } = vote.dataset;
  const answers = vote.querySelector<HTMLElement>(".answers");
  const state = vote.querySelector<HTMLElement>(".state");
  if (!answers || !state) return;
  const buttons = [...answers.querySelectorAll("button")];
  answers.addEventListener("click", ({ target }) => {
    if (!(target instanceof HTMLButtonElement)) return;
    for (const each of buttons) each.disabled = true;
    void count({ kind: "votes", article, locale, helpful: target.value === "yes" }).then((isCounted) => {
      state.textContent = isCounted ? thanks : failed;
      answers.hidden = isCounted;
      for (const each of buttons) each.disabled = false;
      if (!isCounted) target.focus();
    });
  });
  vote.hidden = false;
}
