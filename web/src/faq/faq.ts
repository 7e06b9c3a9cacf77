/** The script of the knowledge base's pages: search as you type, "was this helpful?". Without it everything can be read. */

import "./faq.css";
import { offerSearch } from "./search-box.ts";
import { takeVotes } from "./votes.ts";

const box = document.querySelector<HTMLElement>(".search");
if (box) offerSearch(box);
const vote = document.querySelector<HTMLElement>(".vote");
if (vote) takeVotes(vote);
