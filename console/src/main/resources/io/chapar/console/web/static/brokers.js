import { card, h, replace, table, tag } from "./dom.js";
import { live } from "./server.js";
import { count } from "./words.js";
import { disk } from "./disk.js";
import settings from "./settings.js";

export default function brokers(frame, page) {
  const body = h("div");
  frame.append(h("h1", null, "Brokers"), h("div", { class: "trouble" }), body);
  live("brokers", {}, page.signal, seen => {
    page.fine();
    replace(body, seen.trouble && h("p", { class: "note bad" }, "Metadata: " + seen.trouble),
      h("p", { class: "key" }, "Cluster " + seen.clusterId),
      card(null, table("Brokers", [
        { title: "Broker", cell: one => h("a", { href: "#/brokers/" + one.id }, String(one.id)) },
        { title: "Address", css: "break", cell: one => one.address },
        { title: "State", cell: one => one.inSession ? tag("in session", "good") : tag("out of session", "bad") },
        { title: "Controller", cell: one => one.controller ? "yes" : "" },
        { title: "Rack", cell: one => one.rack },
        { title: "Leads", number: true, cell: one => count(one.leads) },
        { title: "Replicas", number: true, cell: one => count(one.replicas) },
        { title: "In sync", number: true, cell: one => count(one.inSync) },
      ], seen.brokers)), card("Disks", disk(seen.brokers)));
  }, page.trouble);
}

export async function one(frame, page) {
  const [id] = page.parts;
  page.title("Broker " + id);
  frame.append(h("p", { class: "crumbs" }, h("a", { href: "#/brokers" }, "Brokers"), " / " + id),
    h("h1", null, `Settings of broker ${id}`), h("div", { class: "trouble" }));
  await settings(frame, page, "broker", id);
}
