import { ask, card, h, pager, replace, say, table, tag } from "./dom.js";
import { live, post } from "./server.js";
import { bytes, count, rate, topicLink } from "./words.js";

const STEP = 50;

export default async function topics(frame, page) {
  const wish = {
    filter: page.search.get("filter") ?? "", sort: page.search.get("sort") ?? "name",
    internal: page.search.get("internal") === "true", from: Number(page.search.get("from") ?? 0),
  };
  const list = h("div");
  const create = h("div", { class: "row" });
  let stop = null;
  const look = () => {
    stop?.abort();
    stop = new AbortController();
    const signal = AbortSignal.any([page.signal, stop.signal]);
    history.replaceState(null, "", "#/topics?" + new URLSearchParams(
      Object.entries(wish).filter(([, value]) => value !== "" && value !== false && value !== 0)));
    live("topics", { ...wish, limit: STEP }, signal, seen => {
      page.fine();
      replace(list, rows(seen), pager(seen, seen.topics.length, STEP, from => {
        wish.from = from;
        look();
      }));
    }, page.trouble);
  };
  let later = null;
  const change = (name, value) => {
    wish[name] = value;
    wish.from = 0;
    clearTimeout(later);
    later = setTimeout(look, 200);
  };
  frame.append(h("h1", null, "Topics"), h("div", { class: "trouble" }),
    h("form", { class: "ask", role: "search", onsubmit: event => event.preventDefault() },
      h("label", null, "Name contains", h("input", { type: "search", value: wish.filter, maxlength: "249",
        oninput: event => change("filter", event.target.value) })),
      h("label", null, "Sorted by", choice(wish.sort, value => change("sort", value))),
      h("label", { class: "check" }, h("input", { type: "checkbox", checked: wish.internal,
        onchange: event => change("internal", event.target.checked) }), "Internal topics, too")),
    card(null, list), create);
  look();
  if ((await page.about).writes) {
    create.append(h("button", { onclick: () => createTopic(look) }, "Create a topic"));
  }
}

function choice(value, chosen) {
  const select = h("select", { onchange: event => chosen(event.target.value) },
    [["name", "name"], ["size", "size"], ["growth", "growth"], ["partitions", "partitions"]].map(([key, text]) =>
      h("option", { value: key }, text)));
  select.value = value;
  return select;
}

async function createTopic(look) {
  const name = await ask("Create a topic", "With the broker's defaults.", "Create", { label: "Name" });
  if (name) {
    try {
      say((await post("create-topic", { name })).done);
      look();
    } catch (e) {
      say(e.message);
    }
  }
}

function rows(seen) {
  return table("Topics", [
    { title: "Topic", cell: one => [h("a", { href: topicLink(one.name) }, one.name),
      one.internal && [" ", tag("internal")]] },
    { title: "Partitions", number: true, cell: one => count(one.partitions) },
    { title: "Replicas", number: true, cell: one => count(one.replicas) },
    { title: "On disks", number: true, cell: one => bytes(one.bytes) },
    { title: "Growth", number: true, cell: one => rate(one.perSecond) },
    { title: "Health", cell: one => one.leaderless > 0 ? tag(`${one.leaderless} without leader`, "bad")
      : one.underReplicated > 0 ? tag(`${one.underReplicated} under-replicated`, "warn") : tag("fine", "good") },
  ], seen.topics);
}
