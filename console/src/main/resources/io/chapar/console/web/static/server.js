export class ServerError extends Error {}

function query(parameters) {
  const all = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters ?? {})) {
    if (value !== null && value !== undefined && value !== "" && value !== false) {
      all.set(name, value);
    }
  }
  const text = all.toString();
  return text ? "?" + text : "";
}

async function answer(response) {
  let body = null;
  try {
    body = await response.json();
  } catch {
    throw new ServerError(`The broker answered ${response.status}`);
  }
  if (!response.ok) {
    throw new ServerError(body.error ?? `The broker answered ${response.status}`);
  }
  return body;
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (e) {
    if (e.name === "AbortError") {
      throw e;
    }
    throw new ServerError("The broker does not answer");
  }
  return answer(response);
}

export function get(view, parameters, signal) {
  return ask("api/" + view + query(parameters), { signal, headers: { Accept: "application/json" } });
}

export function post(change, body) {
  return ask("api/" + change, {
    method: "POST", body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", "X-Chapar-Console": "1" },
  });
}

// Calls `seen` with the view now and whenever it is another; ends when the signal says so. Where the broker has no more
// event streams to give, it is asked every ten seconds. A browser has six connections to a server: a page that nobody
// sees, or that is kept for the way back, holds none.
export function live(view, parameters, signal, seen, failed) {
  let events = null;
  let timer = null;
  const close = () => {
    events?.close();
    events = null;
    clearTimeout(timer);
    timer = null;
    state("", "");
  };
  const open = () => {
    if (signal.aborted || document.hidden || events || timer) {
      return;
    }
    let opened = false;
    const stream = new EventSource("events/" + view + query(parameters));
    events = stream;
    stream.onmessage = event => {
      opened = true;
      seen(JSON.parse(event.data));
      state("on", "live");
    };
    stream.addEventListener("trouble", event => {
      opened = true;
      failed(new ServerError(JSON.parse(event.data).error));
    });
    stream.onerror = () => {
      state("off", "not connected");
      if (!opened || stream.readyState === EventSource.CLOSED) {
        close();
        poll();
      }
    };
  };
  async function poll() {
    timer = setTimeout(poll, 10000);
    const mine = timer;
    try {
      const answer = await get(view, parameters, signal);
      if (timer === mine) {
        seen(answer);
        state("on", "every 10 s");
      }
    } catch (e) {
      if (timer === mine && e.name !== "AbortError") {
        state("off", "not connected");
        failed(e);
      }
    }
  }
  document.addEventListener("visibilitychange", () => document.hidden ? close() : open(), { signal });
  addEventListener("pagehide", close, { signal });
  addEventListener("pageshow", open, { signal });
  signal.addEventListener("abort", close);
  open();
}

function state(css, text) {
  const place = document.getElementById("live");
  if (place.textContent !== text) {
    place.textContent = text;
  }
  place.className = css;
}
