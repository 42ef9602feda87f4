// Elements are made of text and attributes alone; nothing that a record, a name or a message holds is read as markup.
const SVG = "http://www.w3.org/2000/svg";

export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) {
      continue;
    }
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else if (name === "value") {
      element.value = value;
    } else {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) {
      element.append(child);
    }
  }
}

// What is focused stays so when it is there again, by its link or its data-key.
export function replace(container, ...children) {
  const focused = container.contains(document.activeElement) ? keyOf(document.activeElement) : null;
  const fresh = document.createDocumentFragment();
  append(fresh, children);
  container.replaceChildren(fresh);
  if (focused) {
    for (const one of container.querySelectorAll("a, button, input, select")) {
      if (keyOf(one) === focused) {
        one.focus({ preventScroll: true });
        return;
      }
    }
  }
}

function keyOf(element) {
  return element.dataset.key ?? element.getAttribute("href");
}

// columns: [{title, cell: row => node or text, number: true, head: true}]
export function table(caption, columns, rows, rowAttributes) {
  if (rows.length === 0) {
    return h("p", { class: "none" }, "None.");
  }
  return h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": caption },
    h("table", null,
      h("caption", { class: "hidden" }, caption),
      h("thead", null, h("tr", null, columns.map(one =>
        h("th", { scope: "col", class: one.number && "n" }, one.title)))),
      h("tbody", null, rows.map(row => h("tr", rowAttributes?.(row), columns.map((one, i) => {
        const content = one.cell(row) ?? h("span", { class: "soft" }, "–");
        return i === 0
          ? h("th", { scope: "row", class: one.number ? "n" : one.css }, content)
          : h("td", { class: one.number ? "n" : one.css }, content);
      }))))));
}

export function fact(label, value, tone) {
  return h("li", { class: tone ? "fact " + tone : "fact" }, h("b", null, value), h("span", null, label));
}

export function tag(text, tone) {
  return h("span", { class: tone ? "tag " + tone : "tag" }, text);
}

export function card(title, ...children) {
  return h("section", { class: "card" }, title && h("h2", null, title), children);
}

export function pager(page, shown, step, go) {
  const last = page.from + shown;
  return h("div", { class: "pager" },
    h("button", { "data-key": "before", disabled: page.from === 0, onclick: () => go(Math.max(0, page.from - step)) },
      "Before"),
    h("button", { "data-key": "next", disabled: last >= page.matching, onclick: () => go(page.from + step) }, "Next"),
    h("span", { class: "soft" }, page.matching === 0 ? "none"
      : `${(page.from + 1).toLocaleString()} to ${last.toLocaleString()} of ${page.matching.toLocaleString()}`));
}

export function say(text) {
  const note = h("p", null, text);
  document.getElementById("said").append(note);
  setTimeout(() => note.remove(), 8000);
}

// A question that is answered before something is changed; resolves to the text typed, or true, or null for no.
export function ask(title, text, button, input) {
  return new Promise(resolve => {
    const field = input && h("input", { type: "text", value: input.value ?? "", "aria-label": input.label });
    const dialog = h("dialog", { class: "small", "aria-labelledby": "ask-title" },
      h("form", { method: "dialog" },
        h("h2", { id: "ask-title" }, title), h("p", { class: "break" }, text), field,
        h("div", { class: "row" },
          h("button", { value: "yes", class: "main" }, button),
          h("button", { value: "no", formnovalidate: true }, "Cancel"))));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes" ? (field ? field.value : true) : null);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
