import { ask, card, h, replace, say, table, tag } from "./dom.js";
import { get, post } from "./server.js";

// The settings of a topic or a broker; those that somebody set come first.
export default async function settings(frame, page, what, name) {
  const list = h("div");
  const writes = what === "topic" && (await page.about).writes;
  let seen = null;
  const wish = { text: "", differing: false };
  const show = () => replace(list, rows(seen, wish, writes && (one => change(name, one, look))));
  const look = async () => {
    seen = await get("settings", { what, name }, page.signal);
    show();
  };
  await look();
  const differing = seen.settings.filter(one => one.differs).length;
  frame.append(h("form", { class: "ask", role: "search", onsubmit: event => event.preventDefault() },
    h("label", null, "Name contains", h("input", { type: "search", oninput: event => {
      wish.text = event.target.value.toLowerCase();
      show();
    } })),
    h("label", { class: "check" }, h("input", { type: "checkbox", onchange: event => {
      wish.differing = event.target.checked;
      show();
    } }), `Only those that are not as by default (${differing})`)), card(null, list));
}

function rows(seen, wish, change) {
  const all = seen.settings.filter(one => one.name.includes(wish.text) && (one.differs || !wish.differing));
  all.sort((a, b) => Number(b.differs) - Number(a.differs) || a.name.localeCompare(b.name));
  return table("Settings", [
    { title: "Setting", css: "mono break", cell: one => one.name },
    { title: "Value", css: "mono break", cell: one => one.value === null ? "(kept to itself)" : one.value === "" ? null
      : one.value },
    { title: "From", cell: one => one.differs ? tag(one.source, "warn") : h("span", { class: "soft" }, "default") },
    { title: "By default", css: "mono break", cell: one => one.differs
      ? one.said.find(said => said.source === "default")?.value ?? null : "" },
    { title: "About", cell: one => one.about },
    ...(change ? [{ title: "", cell: one => one.readOnly ? "" : h("button", { class: "small",
      "data-key": "set " + one.name, "aria-label": "Change " + one.name, onclick: () => change(one) }, "Change") }] : []),
  ], all);
}

async function change(topic, one, look) {
  const value = await ask(one.name, one.about + " Empty is the default.", "Change",
    { label: "Value of " + one.name, value: one.value ?? "" });
  if (value === null) {
    return;
  }
  try {
    say((await post("set-topic-setting", { topic, name: one.name, value })).done);
    await look();
  } catch (e) {
    say(e.message);
  }
}
