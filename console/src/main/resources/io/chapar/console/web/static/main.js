import { h, replace } from "./dom.js";
import { get } from "./server.js";
import overview from "./overview.js";

// Pages that are not the first come when they are asked for.
const PAGES = [
  { path: /^$/, nav: "", title: "Overview", load: async () => overview },
  { path: /^topics$/, nav: "topics", title: "Topics", load: async () => (await import("./topics.js")).default },
  { path: /^topics\/([^/]+)(?:\/(records|settings))?$/, nav: "topics", title: "Topic",
    load: async () => (await import("./topic.js")).default },
  { path: /^groups$/, nav: "groups", title: "Groups", load: async () => (await import("./groups.js")).default },
  { path: /^groups\/([^/]+)$/, nav: "groups", title: "Group", load: async () => (await import("./group.js")).default },
  { path: /^transactions$/, nav: "transactions", title: "Transactions",
    load: async () => (await import("./transactions.js")).default },
  { path: /^why\/([^/]+)\/(\d+)$/, nav: "transactions", title: "Why",
    load: async () => (await import("./transactions.js")).why },
  { path: /^brokers$/, nav: "brokers", title: "Brokers", load: async () => (await import("./brokers.js")).default },
  { path: /^brokers\/(\d+)$/, nav: "brokers", title: "Broker", load: async () => (await import("./brokers.js")).one },
];
const NAV = [["", "Overview"], ["topics", "Topics"], ["groups", "Groups"], ["transactions", "Transactions"],
  ["brokers", "Brokers"]];

let leaving = null;
const about = get("about").catch(() => ({ writes: false }));

function theme() {
  const choice = document.getElementById("theme");
  const set = value => {
    if (value) {
      document.documentElement.dataset.theme = value;
    } else {
      delete document.documentElement.dataset.theme;
    }
  };
  let kept = "";
  try {
    kept = localStorage.getItem("theme") ?? "";
  } catch {
    // A browser that keeps nothing has the colours of its system.
  }
  choice.value = ["light", "dark"].includes(kept) ? kept : "";
  set(choice.value);
  choice.addEventListener("change", () => {
    set(choice.value);
    try {
      localStorage.setItem("theme", choice.value);
    } catch {
      // As above.
    }
  });
}

function navigation(current) {
  replace(document.getElementById("nav"), NAV.map(([path, title]) => h("li", null,
    h("a", { href: "#/" + path, "aria-current": path === current ? "page" : null }, title))));
}

// Null where the path is none of a page.
function partsOf(found, path) {
  try {
    return found.path.exec(path).slice(1).map(one => one === undefined ? undefined : decodeURIComponent(one));
  } catch {
    return null;
  }
}

async function show(first) {
  leaving?.abort();
  leaving = new AbortController();
  const signal = leaving.signal;
  const [path, search] = location.hash.replace(/^#\/?/, "").split("?", 2);
  const main = document.getElementById("main");
  const found = PAGES.find(one => one.path.test(path));
  if (location.hash === "#main") {
    main.focus();
    return;
  }
  const parts = found && partsOf(found, path);
  if (!parts) {
    main.replaceChildren(h("h1", null, "There is no such page"), h("p", null, h("a", { href: "#/" }, "Overview")));
    return;
  }
  navigation(found.nav);
  const page = await found.load();
  if (signal.aborted) {
    return;
  }
  const frame = h("div");
  main.replaceChildren(frame);
  const context = {
    signal, parts, search: new URLSearchParams(search ?? ""), about,
    title(text) {
      document.title = text + " – Chapar console";
    },
    trouble(e) {
      const place = frame.querySelector(".trouble");
      if (place && e.name !== "AbortError") {
        replace(place, h("p", { class: "note bad", role: "alert" }, e.message));
      }
    },
    fine() {
      frame.querySelector(".trouble")?.replaceChildren();
    },
  };
  context.title(found.title);
  try {
    await page(frame, context);
  } catch (e) {
    if (e.name !== "AbortError") {
      context.trouble(e);
    }
  }
  if (!first && !signal.aborted) {
    const heading = main.querySelector("h1");
    if (heading && !main.contains(document.activeElement)) {
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
  }
}

theme();
addEventListener("hashchange", () => show(false));
await show(true);
document.documentElement.dataset.ready = "true";
