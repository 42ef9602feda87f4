import { h, replace, table, card } from "./dom.js";
import { count, duration, groupLink, partitionLink } from "./words.js";

const EVERY_MS = 10_000;
// So often in a minute no group rebalances whose members only start or stop once.
const FLAPS = 3;

// What the broker that serves this page did in the last minute, and what it could not do.
export function lately(at, signal) {
  const look = async () => {
    if (document.hidden) {
      return;
    }
    try {
      const answer = await fetch("../status", { signal, headers: { Accept: "application/json" } });
      if (answer.ok) {
        replace(at, sections(await answer.json()));
      }
    } catch {
      // It is asked again; that a broker does not answer is said at the top of the page.
    }
  };
  look();
  const timer = setInterval(look, EVERY_MS);
  signal.addEventListener("abort", () => clearInterval(timer));
}

function sections(seen) {
  const flapping = seen.rebalances.filter(one => one.count >= FLAPS);
  return [
    seen.diskRefusing && h("p", { class: "note bad" },
      `Broker ${seen.nodeId} refuses records, since its disk is full. Delete topics, or let them keep less.`),
    seen.unreadable.map(one => h("p", { class: "note bad" },
      h("a", { href: partitionLink(one.partition) }, one.partition), ` cannot give records to readers: ${one.why}`)),
    h("div", { class: "two" },
      seen.fenced.length > 0 && card("Producers fenced lately", table("Producers fenced lately", [
        { title: "Transactional id", cell: one => one.transactionalId },
        { title: "By", cell: one => one.by },
        { title: "Ago", number: true, cell: one => duration(one.secondsAgo * 1000) },
      ], seen.fenced)),
      flapping.length > 0 && card("Groups that rebalance again and again", table("Groups that rebalance again and again", [
        { title: "Group", cell: one => h("a", { href: groupLink(one.group) }, one.group) },
        { title: "In the last minute", number: true, cell: one => count(one.count) },
        { title: "Members", number: true, cell: one => count(one.members) },
      ], flapping))),
  ];
}
