import { ask, card, fact, h, replace, say, table } from "./dom.js";
import { live, post } from "./server.js";
import { count, topicLink } from "./words.js";
import { lagChart } from "./chart.js";
import { stateTag } from "./groups.js";

export default async function group(frame, page) {
  const [id] = page.parts;
  page.title(id);
  const facts = h("ul", { class: "cards" });
  const chart = h("div");
  const body = h("div");
  const actions = h("div", { class: "row" });
  frame.append(h("p", { class: "crumbs" }, h("a", { href: "#/groups" }, "Groups"), " / " + id), h("h1", null, id),
    h("div", { class: "trouble" }), facts, card("Lag over time", chart), body, actions);
  live("group", { id }, page.signal, seen => {
    page.fine();
    replace(facts, numbers(seen));
    replace(chart, lagChart(seen.history));
    replace(body, sections(seen));
  }, page.trouble);
  if ((await page.about).writes) {
    actions.append(h("button", { class: "bad", onclick: () => remove(id) }, "Delete the group"));
  }
}

async function remove(id) {
  if (await ask("Delete the group", `${id} loses its offsets. It is refused while it has members.`, "Delete")) {
    try {
      say((await post("delete-group", { id })).done);
      location.hash = "#/groups";
    } catch (e) {
      say(e.message);
    }
  }
}

function numbers(seen) {
  const known = seen.partitions.filter(one => one.lag !== null);
  const lag = known.reduce((sum, one) => sum + one.lag, 0);
  return [
    h("li", { class: "fact" }, h("b", null, stateTag(seen.state)), h("span", null, seen.kind + " group")),
    fact("lag", known.length > 0 ? count(lag) : "–", lag > 0 && "warn"),
    fact("members", count(seen.memberCount)),
    fact("assignor", seen.assignor || "–"),
    fact("coordinator", "broker " + seen.coordinator),
    seen.epoch !== null && fact(seen.targetEpoch === seen.epoch ? "epoch" : `epoch, members still at ${seen.targetEpoch}`,
      count(seen.epoch)),
  ];
}

function sections(seen) {
  const share = seen.kind === "share";
  return [
    seen.topology && card("Topology", h("p", { class: "key" }, "Epoch " + seen.topology.epoch),
      seen.topology.subtopologies === null ? h("p", { class: "note" },
        "It cannot run yet: its topics are not all there, or have the wrong number of partitions.")
        : table("Subtopologies", [
          { title: "Subtopology", cell: one => one.id },
          { title: "Reads", cell: one => one.sources.join(", ") },
          { title: "Writes", cell: one => one.sinks.join(", ") },
        ], seen.topology.subtopologies)),
    card("Partitions", table("Partitions", [
      { title: "Partition", cell: one => [h("a", { href: topicLink(one.topic) }, one.topic), "/" + one.partition] },
      { title: share ? "Start" : "Committed", number: true, cell: one => count(one.committed) },
      ...(share ? [] : [{ title: "Stable", number: true, cell: one => count(one.stable) },
        { title: "End", number: true, cell: one => count(one.end) }]),
      { title: "Lag", number: true, cell: one => count(one.lag) },
      ...(share ? [] : [{ title: "Held back", number: true, cell: one => one.held > 0 ? h("a",
        { href: `#/why/${encodeURIComponent(one.topic)}/${one.partition}` }, count(one.held)) : "0" }]),
      { title: "Members", css: "break", cell: one => one.members.join(", ") },
    ], seen.partitions), seen.partitionCount > seen.partitions.length && h("p", { class: "none" },
      `The ${count(seen.partitions.length)} that are farthest behind, of ${count(seen.partitionCount)}.`)),
    card("Members", table("Members", [
      { title: "Member", css: "break", cell: one => one.instance ? `${one.member} (${one.instance})` : one.member },
      { title: "Client", css: "break", cell: one => `${one.client} at ${one.host}` },
      { title: "Epoch", number: true, cell: one => count(one.epoch) },
      { title: "Has", css: "break", cell: one => one.has.join(", ")
        + (one.count > one.has.length ? ` and ${one.count - one.has.length} more` : "") },
    ], seen.members), seen.memberCount > seen.members.length && h("p", { class: "none" },
      `The first ${count(seen.members.length)} of ${count(seen.memberCount)}.`)),
  ];
}
