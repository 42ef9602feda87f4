import { ask, card, h, pager, replace, say, table, tag } from "./dom.js";
import { live, post } from "./server.js";
import { bytes, count, topicLink } from "./words.js";
import records from "./records.js";
import settings from "./settings.js";

const STEP = 50;

// One topic: its partitions, its records, or its settings.
export default async function topic(frame, page) {
  const [name, part] = page.parts;
  page.title(name);
  frame.append(h("p", { class: "crumbs" }, h("a", { href: "#/topics" }, "Topics"), " / " + name),
    h("h1", null, name), tabs(name, part), h("div", { class: "trouble" }));
  if (part === "records") {
    await records(frame, page, name);
  } else if (part === "settings") {
    await settings(frame, page, "topic", name);
  } else {
    await partitions(frame, page, name);
  }
}

function tabs(name, part) {
  return h("nav", { class: "tabs", "aria-label": "Of the topic" },
    [[undefined, "Partitions"], ["records", "Records"], ["settings", "Settings"]].map(([key, text]) =>
      h("a", { href: topicLink(name) + (key ? "/" + key : ""), "aria-current": key === part ? "page" : null }, text)));
}

async function partitions(frame, page, name) {
  const list = h("div");
  const actions = h("div", { class: "row" });
  frame.append(card(null, list), actions);
  let stop = null;
  const look = from => {
    stop?.abort();
    stop = new AbortController();
    live("topic", { name, from, limit: STEP }, AbortSignal.any([page.signal, stop.signal]), seen => {
      page.fine();
      replace(list, rows(name, seen), seen.partitionCount > STEP && pager(
        { from: seen.from, matching: seen.partitionCount }, seen.partitions.length, STEP, look));
    }, page.trouble);
  };
  look(0);
  if ((await page.about).writes) {
    actions.append(h("button", { class: "bad", onclick: () => remove(name) }, "Delete the topic"));
  }
}

async function remove(name) {
  const typed = await ask("Delete the topic", `All records of ${name} are lost. Type its name to delete it.`, "Delete",
    { label: "Name of the topic" });
  if (typed === null) {
    return;
  }
  if (typed !== name) {
    say("That is not its name; nothing was deleted");
    return;
  }
  try {
    say((await post("delete-topic", { name })).done);
    location.hash = "#/topics";
  } catch (e) {
    say(e.message);
  }
}

function rows(name, seen) {
  return [notes(seen), table("Partitions", [
    { title: "Partition", cell: one => h("a", { href: `${topicLink(name)}/records?partition=${one.partition}` },
      String(one.partition)) },
    { title: "Leader", cell: one => one.leader === null ? tag("none", "bad") : `${one.leader}, epoch ${one.leaderEpoch}` },
    { title: "Replicas", cell: one => replicas(one) },
    { title: "Start", number: true, cell: one => count(one.start) },
    { title: "Stable", number: true, cell: one => count(one.stable) },
    { title: "End", number: true, cell: one => count(one.end) },
    { title: "Held back", number: true, cell: one => one.end > one.stable ? h("a",
      { href: `#/why/${encodeURIComponent(name)}/${one.partition}` }, count(one.end - one.stable)) : "0" },
    { title: "Size", number: true, cell: one => bytes(Math.max(0, ...Object.values(one.bytes))) },
  ], seen.partitions)];
}

function notes(seen) {
  return seen.partitions.filter(one => one.trouble).map(one => h("p", { class: "note bad" }, one.trouble));
}

function replicas(one) {
  return one.replicas.map((id, i) => [i > 0 && " ", one.inSync.includes(id) ? tag(String(id), "good")
    : tag(id + (one.offline.includes(id) ? " offline" : " behind"), "bad")]);
}
