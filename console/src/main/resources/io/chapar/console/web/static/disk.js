import { h, table } from "./dom.js";
import { bytes } from "./words.js";

// The room on the brokers' disks.
export function disk(brokers) {
  const rows = brokers.flatMap(broker => broker.disks.map(folder => ({ broker, folder })));
  return table("Disks", [
    { title: "Broker", cell: one => h("a", { href: "#/brokers/" + one.broker.id }, String(one.broker.id)) },
    { title: "Left", number: true, cell: one => bytes(one.folder.usableBytes) },
    { title: "Of", number: true, cell: one => bytes(one.folder.totalBytes) },
    { title: "Used", cell: one => used(one.folder) },
    { title: "Folder", css: "break", cell: one => one.folder.error === "NONE" ? one.folder.path
      : `${one.folder.path}: ${one.folder.error}` },
  ], rows);
}

function used(folder) {
  if (!(folder.totalBytes > 0)) {
    return null;
  }
  const part = 1 - folder.usableBytes / folder.totalBytes;
  const bar = h("i");
  bar.style.width = Math.round(part * 100) + "%";
  return h("div", { class: part > 0.9 ? "bar bad" : "bar", role: "img",
    "aria-label": Math.round(part * 100) + " % used" }, bar);
}
