/**
 * Keys of every page. An element with data-shortcut="g h" (or "/", "?", …) is clicked by these keys, a field is
 * focused. <html data-shortcuts="off"> switches single keys off, and they never fire while a person types.
 */
const FIRST_KEY = 1500; // ms that the second key of "g h" may take
const FALLBACK = { "g h": "/", "g s": "/studio" };
const TEXT = "input:not([type=range], [type=checkbox], [type=radio]), textarea, select";
const root = document.documentElement;
let first = "";
let timer;

/** Whether a key that is pressed now belongs to text, a menu or the browser. */
export function typing(event) {
  const target = event.composedPath()[0];
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true;
  if (document.querySelector("dialog:modal") || root.dataset.shortcuts === "off") return true;
  return target.isContentEditable || Boolean(target.matches?.(TEXT));
}

function run(keys) {
  const element = document.querySelector(`[data-shortcut="${CSS.escape(keys)}"]`);
  if (element?.matches("input, textarea")) element.focus();
  else if (element) element.click();
  else if (FALLBACK[keys]) location.assign(FALLBACK[keys]);
  else return false;
  return true;
}

addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeMenus();
  if (typing(event) || event.repeat || event.key === "Shift") return;
  clearTimeout(timer);
  const keys = first ? `${first} ${event.key}` : event.key;
  first = "";
  if (run(keys)) return event.preventDefault();
  if (keys !== "g") return;
  first = "g";
  timer = setTimeout(() => { first = ""; }, FIRST_KEY);
});

function closeMenus() {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    menu.open = false;
    menu.querySelector("summary")?.focus();
  }
}
