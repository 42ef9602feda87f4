import { card, fact, h, pager, replace, table, tag } from "./dom.js";
import { live } from "./server.js";
import { count, groupLink, partitionLink } from "./words.js";

const STEP = 50;

export function stateTag(state) {
  const tones = { Stable: "good", Empty: "", Dead: "bad", NotReady: "warn" };
  return tag(state || "unknown", tones[state] ?? "warn");
}

export default function groups(frame, page) {
  const wish = { filter: "", from: 0 };
  const facts = h("ul", { class: "cards" });
  const list = h("div");
  let stop = null;
  let later = null;
  const look = () => {
    stop?.abort();
    stop = new AbortController();
    live("groups", { ...wish, limit: STEP }, AbortSignal.any([page.signal, stop.signal]), seen => {
      page.fine();
      replace(facts, fact("groups", count(seen.total)),
        Object.entries(seen.states).map(([state, number]) => fact(state, count(number))));
      replace(list, rows(seen), pager(seen, seen.groups.length, STEP, from => {
        wish.from = from;
        look();
      }));
    }, page.trouble);
  };
  frame.append(h("h1", null, "Groups"), h("div", { class: "trouble" }), facts,
    h("form", { class: "ask", role: "search", onsubmit: event => event.preventDefault() },
      h("label", null, "Id contains", h("input", { type: "search", maxlength: "249", oninput: event => {
        wish.filter = event.target.value;
        wish.from = 0;
        clearTimeout(later);
        later = setTimeout(look, 200);
      } }))), card(null, list));
  look();
}

function rows(seen) {
  return table("Groups", [
    { title: "Group", cell: one => h("a", { href: groupLink(one.group) }, one.group) },
    { title: "Kind", cell: one => one.kind },
    { title: "State", cell: one => stateTag(one.state) },
    { title: "Lag", number: true, cell: one => count(one.lag?.lag) },
    { title: "Held back", number: true, cell: one => one.lag?.held > 0
      ? h("a", { href: partitionLink(one.lag.heldAt) }, count(one.lag.held)) : "0" },
    { title: "Behind in", cell: one => one.lag?.topics.slice(0, 3).join(", ") },
  ], seen.groups);
}
