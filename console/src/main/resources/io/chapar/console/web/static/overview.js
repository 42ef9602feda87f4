import { h, replace, table, fact, card, tag } from "./dom.js";
import { live } from "./server.js";
import { bytes, count, duration, groupLink, many, partitionLink, rate, topicLink } from "./words.js";
import { disk } from "./disk.js";
import { lately } from "./lately.js";

const LINK = name => h("a", { href: topicLink(name) }, name);

export default function overview(frame, page) {
  const facts = h("ul", { class: "cards" });
  const now = h("div");
  const body = h("div");
  frame.append(h("h1", null, "Overview"), h("div", { class: "trouble" }), facts, now, body);
  lately(now, page.signal);
  live("overview", {}, page.signal, seen => {
    page.fine();
    replace(facts, numbers(seen));
    replace(body, sections(seen));
  }, page.trouble);
}

function numbers(seen) {
  const out = seen.cluster.brokers.filter(one => !one.inSession).length;
  return [
    fact(out ? `brokers, ${out} out of session` : "brokers", count(seen.cluster.brokers.length), out && "bad"),
    fact("topics", count(seen.topics)),
    fact("partitions", count(seen.partitions)),
    fact("partitions without leader", count(seen.leaderlessCount), seen.leaderlessCount && "bad"),
    fact("under-replicated", count(seen.underReplicatedCount), seen.underReplicatedCount && "warn"),
    fact("groups", count(seen.groups.total)),
    fact("open transactions", count(seen.openTransactions)),
  ];
}

function sections(seen) {
  const trouble = [];
  if (seen.cluster.trouble) {
    trouble.push(h("p", { class: "note bad" }, "Metadata: " + seen.cluster.trouble));
  }
  for (const one of seen.leaderless) {
    trouble.push(h("p", { class: "note bad" }, `${one.partition} has no leader. ${one.why ?? ""}`));
  }
  for (const one of seen.cluster.brokers.flatMap(broker => broker.disks.map(folder => ({ broker, folder })))) {
    if (one.folder.totalBytes > 0 && one.folder.usableBytes / one.folder.totalBytes < 0.1) {
      trouble.push(h("p", { class: "note bad" }, `The disk of broker ${one.broker.id} is nearly full: `
        + `${bytes(one.folder.usableBytes)} left at ${one.folder.path}`));
    }
  }
  return [trouble, h("div", { class: "two" },
    card("Groups behind", groups(seen.groups)),
    card("Oldest open transactions", transactions(seen.oldestTransactions)),
    card("Largest topics", topics(seen.largest, "Largest topics")),
    card("Growing topics", seen.largest.length > 0 && seen.largest.every(one => one.perSecond === null)
      ? h("p", { class: "none" }, "It takes two looks, ten seconds apart.") : topics(seen.growing, "Growing topics")),
    card("Disks", disk(seen.cluster.brokers)),
    seen.underReplicated.length > 0 && card("Under-replicated partitions",
      h("ul", null, seen.underReplicated.map(id => h("li", null, h("a", { href: partitionLink(id) }, id)))),
      seen.underReplicatedCount > seen.underReplicated.length && h("p", { class: "none" },
        `and ${count(seen.underReplicatedCount - seen.underReplicated.length)} more`)))];
}

function groups(seen) {
  return [
    table("Groups behind", [
      { title: "Group", cell: one => h("a", { href: groupLink(one.group) }, one.group) },
      { title: "Lag", number: true, cell: one => count(one.lag) },
      { title: "Held back", number: true, cell: one => one.held > 0
        ? h("a", { href: partitionLink(one.heldAt) }, count(one.held)) : null },
      { title: "Topics", cell: one => one.topics.slice(0, 3).join(", ") },
    ], seen.farthest),
    h("p", { class: "key" }, seen.looked < seen.total ? `${count(seen.looked)} of ${many(seen.total, "group")} looked at so far.`
      : Object.entries(seen.states).map(([state, number]) => `${count(number)} ${state}`).join(", ")),
  ];
}

function transactions(rows) {
  return table("Oldest open transactions", [
    { title: "Transactional id", cell: one => one.id },
    { title: "State", cell: one => tag(one.state, one.state === "Ongoing" ? "warn" : "good") },
    { title: "Age", number: true, cell: one => duration(one.ageMs) },
    { title: "Partitions", cell: one => one.partitions.slice(0, 2).map((id, i) =>
      [i > 0 && ", ", h("a", { href: partitionLink(id) }, id)]) },
  ], rows);
}

function topics(rows, caption) {
  return table(caption, [
    { title: "Topic", cell: one => LINK(one.name) },
    { title: "On disks", number: true, cell: one => bytes(one.bytes) },
    { title: "Growth", number: true, cell: one => rate(one.perSecond) },
  ], rows);
}
