import { ask, card, h, replace, say, table, tag } from "./dom.js";
import { live, post } from "./server.js";
import { count, duration, many, partitionLink, time, topicLink } from "./words.js";

export default async function transactions(frame, page) {
  const list = h("div");
  const writes = (await page.about).writes;
  frame.append(h("h1", null, "Open transactions"), h("div", { class: "trouble" }), card(null, list), form());
  live("transactions", {}, page.signal, seen => {
    page.fine();
    replace(list, rows(seen, writes), seen.open > seen.transactions.length && h("p", { class: "none" },
      `${count(seen.transactions.length)} of ${count(seen.open)}.`));
  }, page.trouble);
}

function form() {
  const topic = h("input", { required: true, maxlength: "249" });
  const partition = h("input", { type: "number", min: "0", value: "0", required: true });
  return card("What do readers of a partition wait for?", h("form", { class: "ask", onsubmit: event => {
    event.preventDefault();
    location.hash = `#/why/${encodeURIComponent(topic.value)}/${partition.value}`;
  } }, h("label", null, "Topic", topic), h("label", null, "Partition", partition), h("button", { class: "main" }, "Why")));
}

function rows(seen, writes) {
  return table("Open transactions", [
    { title: "Transactional id", css: "break", cell: one => one.id },
    { title: "State", cell: one => tag(one.state, one.state === "Ongoing" ? "warn" : "good") },
    { title: "Age", number: true, cell: one => duration(one.ageMs) },
    { title: "Times out after", number: true, cell: one => one.timeoutMs === null ? "never: prepared"
      : duration(one.timeoutMs) },
    { title: "Producer", cell: one => `${one.producerId}, epoch ${one.producerEpoch}` },
    { title: "Client", css: "break", cell: one => client(one) },
    { title: "Partitions", css: "break", cell: one => [one.partitions.map((id, i) =>
      [i > 0 && ", ", h("a", { href: partitionLink(id) }, id)]),
      one.partitionCount > one.partitions.length && ` and ${one.partitionCount - one.partitions.length} more`] },
    ...(writes ? [{ title: "", cell: one => one.state === "Ongoing" ? abortButton(one.id) : "" }] : []),
  ], seen.transactions);
}

function client(one) {
  return one.client === null || one.host === null ? null : `${one.client || "without a name"} at ${one.host}`;
}

function abortButton(id) {
  return h("button", { class: "small bad", "data-key": "abort " + id, "aria-label": "Abort the transaction of " + id,
    onclick: () => abort("abort-transaction", { id }, `the transaction of ${id}; its producer is shut out`) }, "Abort");
}

async function abort(change, body, what) {
  if (await ask("Abort", `This aborts ${what}.`, "Abort")) {
    try {
      say((await post(change, body)).done);
    } catch (e) {
      say(e.message);
    }
  }
}

// As 'chapar txn why' has it.
export async function why(frame, page) {
  const [topic, partition] = page.parts;
  const id = `${topic}/${partition}`;
  page.title("Why " + id);
  const writes = (await page.about).writes;
  const body = h("div");
  frame.append(h("p", { class: "crumbs" }, h("a", { href: "#/transactions" }, "Transactions"), " / ",
    h("a", { href: topicLink(topic) }, topic)),
  h("h1", null, `What readers of ${id} wait for`), h("div", { class: "trouble" }), body);
  live("why", { topic, partition }, page.signal, seen => {
    page.fine();
    replace(body, answer(seen, id, writes));
  }, page.trouble);
}

function answer(seen, id, writes) {
  const edges = h("p", null, "Readers of committed records stop at offset ", h("b", null, count(seen.stable) ?? "?"),
    ", the next to be written is ", h("b", null, count(seen.end) ?? "?"), ".");
  if (seen.heldBy === null) {
    return card(null, h("p", null, tag("nothing", "good"), ` holds ${id} back.`), edges);
  }
  const one = seen.heldBy;
  return [card("Held back by " + who(one), edges, h("dl", null,
    h("dt", null, "State"), h("dd", null, tag(one.state, one.hangs ? "bad" : "warn")),
    h("dt", null, "Producer"), h("dd", null, `id ${one.producerId}, epoch ${one.producerEpoch}`),
    h("dt", null, "Client"), h("dd", null, client(one)
      ?? "unknown: it has not opened a transaction since the broker started"),
    h("dt", null, "First offset"), h("dd", null, count(one.firstOffset)),
    one.startMs === null ? [h("dt", null, "Last write"), h("dd", null, `${time(one.lastWriteMs)} by the client's clock`)]
      : [h("dt", null, "Open since"), h("dd", null, `${time(one.startMs)} UTC, ${duration(one.ageMs)}`
        + (one.timeoutMs === null ? "" : ` of at most ${duration(one.timeoutMs)}`))],
    h("dt", null, "What next"), h("dd", null, next(one, id))),
  writes && h("div", { class: "row" }, one.hangs
    ? h("button", { class: "bad", "data-key": "abort", onclick: () => abort("abort-hanging",
      { topic: seen.topic, partition: seen.partition }, "what hangs at " + id) }, "Abort what hangs")
    : !one.decided && abortButton(one.id))),
  seen.behindCount > 0 && card(`${many(seen.behindCount, "more transaction")} open behind it`, table("Open behind it", [
    { title: "Transactional id", cell: other => other.id ?? "not known" },
    { title: "State", cell: other => tag(other.state, other.hangs ? "bad" : "warn") },
    { title: "First offset", number: true, cell: other => count(other.firstOffset) },
    { title: "Age", number: true, cell: other => duration(other.ageMs) },
  ], seen.behind))];
}

function who(one) {
  if (!one.hangs && one.id === null) {
    return "a transaction of which nothing can be told: not every coordinator could be asked";
  }
  if (!one.hangs) {
    return "transactional id " + one.id;
  }
  return one.id === null ? "a hanging transaction: no coordinator knows its producer id"
    : `a hanging transaction of transactional id ${one.id}, which its coordinator has ended`;
}

function next(one, id) {
  if (!one.hangs && one.id === null) {
    return "Its coordinator ends it once it is there again.";
  }
  if (one.hangs) {
    return `The broker aborts it in a while; 'chapar txn abort --hanging ${id}${one.id === null ? " --now" : ""}' aborts it now.`;
  }
  if (one.decided) {
    return "Its outcome is decided and on the way to the partition.";
  }
  const now = `'chapar txn abort ${one.id}' aborts it now, and shuts its producer out.`;
  return one.leftMs === null ? `It stays until it is committed ('chapar txn commit ${one.id}') or aborted; ${now}`
    : `It is aborted by itself in ${duration(one.leftMs)}; ${now}`;
}
