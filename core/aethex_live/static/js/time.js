/**
 * Times and numbers in the page's language and the reader's time zone.
 *
 * Kept fresh on every page: <time datetime data-ago> "3 minutes ago" up to seven days, then the date;
 * <time datetime data-uptime> the time since then as a clock, 1:42:09; <time datetime data-local> date and hour.
 */
const language = document.documentElement.lang || undefined;
const STEPS = [[60, "second"], [3600, "minute"], [86400, "hour"], [7 * 86400, "day"]]; // below so many seconds
const NOW = 45; // s
const LENGTH = { second: 1, minute: 60, hour: 3600, day: 86400 };
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const day = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" });

/** "3 minutes ago"; below 45 s the word for now. */
export function ago(date, now = Date.now()) {
  const past = (now - date) / 1000;
  if (Math.abs(past) < NOW) return relative.format(0, "second");
  const step = STEPS.find(([below]) => Math.abs(past) < below);
  if (!step) return day.format(date);
  return relative.format(-Math.round(past / LENGTH[step[1]]), step[1]);
}

/** 6129 -> "1:42:09", 41 -> "0:41" */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value) => String(value).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, two(whole % 60)];
  return hours ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/** 4812 -> "4,812", compact "4.8K" */
export function number(value, options) {
  return new Intl.NumberFormat(language, options).format(value);
}

/** Puts values into a sentence of the page: fill("{s} s behind live", {s: "1.6"}) */
export function fill(text, values) {
  return (text ?? "").replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Writes all such <time> elements below `root`. */
export function refresh(root = document, now = Date.now()) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const date = new Date(element.dateTime);
    if (Number.isNaN(date.getTime())) continue;
    const young = element.textContent && Math.abs(now - date) < NOW * 1000; // the server's own word for now stays
    if ("ago" in element.dataset && !young) write(element, ago(date, now));
    else if ("uptime" in element.dataset) write(element, clock((now - date) / 1000));
    else if ("local" in element.dataset) write(element, exact.format(date));
    else continue;
    if (!("uptime" in element.dataset)) element.title = exact.format(date);
  }
}
