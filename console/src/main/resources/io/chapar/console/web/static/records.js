import { card, h, replace, table, tag } from "./dom.js";
import { get } from "./server.js";
import { bytes, count, time, topicLink } from "./words.js";

const STEP = 50;

// Browses one partition: from the end, an offset or a time on, with a key or any.
export default async function records(frame, page, topic) {
  const wish = {
    partition: page.search.get("partition") ?? "0", start: page.search.get("start") ?? "latest",
    at: page.search.get("at") ?? "", key: page.search.get("key") ?? "", all: page.search.get("all") === "true",
    as: page.search.get("as") ?? "auto",
  };
  const list = h("div", { "aria-live": "polite" });
  let seen = null;
  const show = () => seen && replace(list, result(topic, seen, wish.as, next));
  const look = async from => {
    history.replaceState(null, "", topicLink(topic) + "/records?" + new URLSearchParams(
      Object.entries(wish).filter(([, value]) => value !== "" && value !== false)));
    try {
      seen = await get("records", { topic, partition: wish.partition, limit: STEP, all: wish.all, key: wish.key,
        ...(from === undefined ? start(wish) : { from }) }, page.signal);
      page.fine();
      show();
    } catch (e) {
      page.trouble(e);
    }
  };
  const next = () => look(seen.next);
  frame.append(form(wish, () => look(), show), card(null, list));
  await look();
}

function start(wish) {
  switch (wish.start) {
    case "time": {
      const at = Date.parse(wish.at.endsWith("Z") ? wish.at : wish.at + "Z");
      return { time: Number.isNaN(at) ? Date.now() : at };
    }
    case "offset":
      return { from: wish.at === "" ? "earliest" : wish.at };
    default:
      return { from: wish.start };
  }
}

function form(wish, look, show) {
  const at = h("label", null, h("span", null, "At"), h("input", { value: wish.at,
    onchange: event => wish.at = event.target.value }));
  const kind = () => {
    const input = at.querySelector("input");
    at.hidden = wish.start !== "offset" && wish.start !== "time";
    input.type = wish.start === "time" ? "datetime-local" : "number";
    input.step = wish.start === "time" ? "1" : null;
    at.querySelector("span").textContent = wish.start === "time" ? "Time (UTC)" : "Offset";
    input.value = wish.at;
  };
  kind();
  return h("form", { class: "ask", role: "search", onsubmit: event => {
    event.preventDefault();
    look();
  } },
    h("label", null, "Partition", h("input", { type: "number", min: "0", value: wish.partition,
      onchange: event => wish.partition = event.target.value })),
    h("label", null, "From", choose(wish.start, [["latest", "the last ones"], ["earliest", "the beginning"],
      ["offset", "an offset"], ["time", "a time"]], value => {
      wish.start = value;
      wish.at = "";
      kind();
    })),
    at,
    h("label", null, "With key (any)", h("input", { value: wish.key, maxlength: "1000",
      onchange: event => wish.key = event.target.value })),
    h("label", null, "Shown as", choose(wish.as, [["auto", "what it looks like"], ["text", "text"], ["json", "JSON"],
      ["bytes", "bytes"]], value => {
      wish.as = value;
      show();
    })),
    h("label", { class: "check" }, h("input", { type: "checkbox", checked: wish.all,
      onchange: event => wish.all = event.target.checked }), "Aborted and open ones, and marks"),
    h("button", { class: "main" }, "Read"));
}

function choose(value, options, chosen) {
  const select = h("select", { onchange: event => chosen(event.target.value) },
    options.map(([key, text]) => h("option", { value: key }, text)));
  select.value = value;
  return select;
}

function result(topic, seen, as, next) {
  const held = seen.end - seen.stable;
  return [
    h("p", { class: "key" }, `Offsets ${count(seen.start)} to ${count(seen.end)}`,
      held > 0 && [", of which readers of committed records cannot see the last ",
        h("a", { href: `#/why/${encodeURIComponent(topic)}/${seen.partition}` }, count(held)), " yet"],
      `. ${bytes(seen.scannedBytes)} read.`),
    table("Records", [
      { title: "Offset", number: true, cell: one => count(one.offset) },
      { title: "Time (UTC)", css: "mono", cell: one => time(one.timestamp) },
      { title: "Key", css: "break mono", cell: one => one.kind === "RECORD" ? shown(one.key, as) : mark(one) },
      { title: "Value", css: "value mono", cell: one => one.kind === "RECORD" ? shown(one.value, as) : "" },
      { title: "Headers", number: true, cell: one => one.headerCount > 0 ? count(one.headerCount) : "" },
      { title: "Transaction", cell: one => fate(one) },
      { title: "", cell: one => one.kind === "RECORD" ? h("button", { class: "small",
        "aria-label": `Open the record at ${one.offset}`, onclick: () => open(topic, seen.partition, one.offset) },
      "Open") : "" },
    ], seen.records, one => ({ class: one.kind !== "RECORD" ? "mark" : one.transaction === "ABORTED" ? "aborted" : null })),
    h("div", { class: "pager" }, h("button", { "data-key": "next", disabled: !seen.more, onclick: next }, "Further on"),
      h("span", { class: "soft" }, seen.more ? `goes on at offset ${count(seen.next)}` : "this is the end for now")),
  ];
}

function mark(one) {
  switch (one.kind) {
    case "COMMIT": return tag("commit mark", "good");
    case "ABORT": return tag("abort mark", "bad");
    case "CONTROL": return tag("control record");
    default: return tag("cannot be read: " + one.fault, "bad");
  }
}

function fate(one) {
  const by = one.producerId === undefined ? "" : `producer ${one.producerId}, epoch ${one.producerEpoch}`;
  if (one.transaction === undefined) {
    return h("span", { class: "soft" }, by);
  }
  const tones = { COMMITTED: "good", ABORTED: "bad", OPEN: "warn" };
  return h("span", { title: by }, tag(one.transaction.toLowerCase(), tones[one.transaction]));
}

function raw(value) {
  return value.text !== undefined ? new TextEncoder().encode(value.text)
    : Uint8Array.from(atob(value.base64), one => one.charCodeAt(0));
}

function hex(value) {
  const all = raw(value);
  const lines = [];
  for (let at = 0; at < all.length; at += 16) {
    const line = all.subarray(at, at + 16);
    lines.push(at.toString(16).padStart(6, "0") + "  "
      + Array.from(line, one => one.toString(16).padStart(2, "0")).join(" ").padEnd(49)
      + Array.from(line, one => one >= 32 && one < 127 ? String.fromCharCode(one) : ".").join(""));
  }
  return lines.join("\n");
}

export function decoded(value, as, pretty) {
  switch (as) {
    case "bytes":
      return hex(value);
    case "json":
      return json(value, pretty) ?? "no JSON: " + (value.text ?? hex(value));
    case "text":
      return value.text ?? new TextDecoder().decode(raw(value));
    default:
      return (pretty && json(value, pretty)) || (value.text ?? hex(value));
  }
}

function json(value, pretty) {
  if (value.text === undefined || value.cut) {
    return pretty ? null : value.text;
  }
  try {
    return JSON.stringify(JSON.parse(value.text), null, pretty ? 2 : 0);
  } catch {
    return null;
  }
}

function shown(value, as) {
  if (value === undefined || value === null) {
    return h("span", { class: "soft" }, "null");
  }
  if (value.size === 0) {
    return h("span", { class: "soft" }, "empty");
  }
  return [h("div", { class: "clip" }, decoded(value, as, false)),
    value.cut && h("span", { class: "soft" }, `… of ${bytes(value.size)}`)];
}

async function open(topic, partition, offset) {
  const body = h("div", null, h("p", { class: "none" }, "Reading …"));
  const dialog = h("dialog", { "aria-labelledby": "record-title" },
    h("h2", { id: "record-title" }, `${topic}/${partition} at offset ${count(offset)}`), body,
    h("form", { method: "dialog", class: "row" }, h("button", { class: "main" }, "Close")));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  try {
    const page = await get("record", { topic, partition, offset });
    replace(body, whole(page.records[0]));
  } catch (e) {
    replace(body, h("p", { class: "note bad" }, e.message));
  }
}

function whole(one) {
  const part = (title, value) => {
    if (value === undefined) {
      return [h("h2", null, title), h("p", { class: "none" }, "null")];
    }
    const text = h("pre", { tabindex: "0", "aria-label": title }, decoded(value, "auto", true));
    return [h("h2", null, `${title}, ${bytes(value.size)}${value.cut ? " (the beginning)" : ""}`),
      h("div", { class: "row" }, ["auto", "text", "json", "bytes"].map(as => h("button", { class: "small",
        onclick: () => text.textContent = decoded(value, as, true) }, as === "auto" ? "as it looks" : as))), text];
  };
  return [
    h("dl", null,
      h("dt", null, one.appendTime ? "Time of the broker" : "Time of the producer"), h("dd", null, time(one.timestamp)
        ?? "none"),
      one.producerId !== undefined && [h("dt", null, "Producer"),
        h("dd", null, `${one.producerId}, epoch ${one.producerEpoch}`)],
      one.transaction !== undefined && [h("dt", null, "Transaction"), h("dd", null, fate(one))],
      h("dt", null, "Batch"), h("dd", null, `${one.compression.toLowerCase()}, leader epoch ${one.leaderEpoch}`)),
    part("Key", one.key), part("Value", one.value),
    one.headerCount > 0 && [h("h2", null, `Headers, ${count(one.headerCount)}`), table("Headers", [
      { title: "Key", css: "break mono", cell: header => header.key },
      { title: "Value", css: "value mono", cell: header => shown(header.value, "auto") },
    ], one.headers)],
  ];
}
