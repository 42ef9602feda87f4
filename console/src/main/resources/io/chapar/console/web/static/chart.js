import { h, svg } from "./dom.js";
import { clock, count } from "./words.js";

const WIDTH = 900;
const HEIGHT = 170;
const TOP = 18;
const BOTTOM = 22;

// How the lag went: a line for it, and a dashed one for what open transactions hold back.
export function lagChart(samples) {
  const known = samples.filter(one => one.lag !== null);
  if (known.length < 2) {
    return h("p", { class: "none" }, "It is sampled every five seconds, from now on until nobody has looked for an hour.");
  }
  const first = samples[0].atMs;
  const last = samples.at(-1).atMs;
  const most = Math.max(1, ...known.map(one => Math.max(one.lag, one.held)));
  const x = at => (at - first) / Math.max(1, last - first) * WIDTH;
  const y = value => HEIGHT - BOTTOM - value / most * (HEIGHT - TOP - BOTTOM);
  const path = pick => known.map((one, i) => `${i ? "L" : "M"}${x(one.atMs).toFixed(1)} ${y(pick(one)).toFixed(1)}`).join("");
  const held = known.some(one => one.held > 0);
  const now = known.at(-1);
  return h("figure", { class: "figure" },
    svg("svg", { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img",
      "aria-label": `Lag from ${clock(first)} to ${clock(last)}: now ${count(now.lag)}, at most ${count(most)}` },
      svg("line", { x1: 0, x2: WIDTH, y1: y(0), y2: y(0) }), svg("line", { x1: 0, x2: WIDTH, y1: y(most), y2: y(most) }),
      svg("path", { class: "lag", d: path(one => one.lag) }), held && svg("path", { class: "held", d: path(one => one.held) })),
    h("figcaption", { class: "key" }, `${clock(first)} to ${clock(last)}; highest ${count(most)}, now ${count(now.lag)}`,
      held && "; dashed: held back by open transactions"));
}
