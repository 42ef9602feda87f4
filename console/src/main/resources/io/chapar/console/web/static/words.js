export function count(value) {
  return value === null || value === undefined ? null : value.toLocaleString("en");
}

export function many(value, one, more) {
  return `${count(value)} ${value === 1 ? one : more ?? one + "s"}`;
}

export function bytes(value) {
  if (value === null || value === undefined || value < 0) {
    return null;
  }
  const units = ["B", "KB", "MB", "GB", "TB", "PB"];
  let unit = 0;
  let amount = value;
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit++;
  }
  return (unit === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)) + " " + units[unit];
}

export function rate(value) {
  if (value === null || value === undefined) {
    return null;
  }
  return (value < 0 ? "−" : value > 0 ? "+" : "") + bytes(Math.abs(value)) + "/s";
}

export function duration(ms) {
  if (ms === null || ms === undefined) {
    return null;
  }
  const seconds = Math.floor(ms / 1000);
  if (seconds < 120) {
    return seconds + " s";
  }
  if (seconds < 7200) {
    return Math.floor(seconds / 60) + " min";
  }
  return seconds < 172800 ? Math.floor(seconds / 3600) + " h" : Math.floor(seconds / 86400) + " d";
}

export function time(ms) {
  const at = new Date(ms);
  return ms === null || ms === undefined || ms < 0 || Number.isNaN(at.getTime()) ? null
    : at.toISOString().replace("T", " ").replace("Z", "");
}

export function clock(ms) {
  return new Date(ms).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

export function topicLink(name) {
  return "#/topics/" + encodeURIComponent(name);
}

export function partitionLink(id) {
  const at = id.lastIndexOf("/");
  return "#/why/" + encodeURIComponent(id.slice(0, at)) + "/" + id.slice(at + 1);
}

export function groupLink(id) {
  return "#/groups/" + encodeURIComponent(id);
}
