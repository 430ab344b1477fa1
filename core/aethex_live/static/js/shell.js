/**
 * What every page does: theme, keys, dialogs, copying, fresh times and viewer counts.
 *
 * <form data-theme-form> with buttons name="theme" value="dark|light|auto"
 * <button data-dialog="id"> opens that <dialog>; [data-close] inside closes it
 * <form data-confirm="Delete X?"> or such a button asks first, in <dialog id="ax-confirm"> with [data-text] and
 *   buttons value="yes" and value="no"
 * <button data-copy="text"> or data-copy-from="#id"; data-copied is said in a toast
 * <ax-live-count data-topic="viewers:…">4,812</ax-live-count>, data-compact for "4.8K"
 */
import { adopt, toast } from "./toast.js";
import { fill, number, refresh } from "./time.js";
import "./shell-keys.js";

const root = document.documentElement;
const agreed = new WeakSet();

// --- theme: the server's cookie decides at the next page, the attribute at once
function setTheme(event, form) {
  event.preventDefault();
  const data = new FormData(form, event.submitter);
  const theme = data.get("theme");
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
  const buttons = [...form.querySelectorAll('[name="theme"]')];
  for (const button of buttons) {
    if (button.hasAttribute("aria-pressed")) button.setAttribute("aria-pressed", String(button.value === theme));
  }
  const shown = (button) => button.getClientRects().length > 0; // the style sheet shows the one that leads back
  if (event.submitter && !shown(event.submitter)) buttons.find(shown)?.focus();
  fetch(form.action, { method: "POST", body: new URLSearchParams(data), redirect: "manual" }).catch(() => {});
}

// --- rails that are scrolled sideways on a phone show where one is
for (const link of document.querySelectorAll("nav [aria-current=page]")) {
  const nav = link.closest("nav");
  if (nav.scrollWidth > nav.clientWidth) nav.scrollLeft += link.getBoundingClientRect().left - nav.getBoundingClientRect().left - 16;
}

// --- confirm
function ask(form, submitter, text) {
  const dialog = document.getElementById("ax-confirm");
  const go = () => { agreed.add(form); form.requestSubmit(submitter); };
  if (!dialog) {
    if (confirm(text)) go();
    return;
  }
  dialog.querySelector("[data-text]").textContent = text;
  dialog.returnValue = "";
  dialog.addEventListener("close", () => { if (dialog.returnValue === "yes") go(); }, { once: true });
  dialog.showModal();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const text = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (text && !agreed.delete(form)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return ask(form, event.submitter, text);
  }
  if (form.matches("[data-theme-form]")) setTheme(event, form);
}, true);

// --- copy
function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const box = document.createElement("textarea"); // plain http: no clipboard object
  box.value = text;
  (document.querySelector("dialog[open]") ?? document.body).append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  return done ? Promise.resolve() : Promise.reject(new Error("copy"));
}

/** Copy and say so by the button's own words. */
export async function copy(text, button) {
  await copyText(text);
  button.dataset.done = "";
  setTimeout(() => delete button.dataset.done, 2000);
  if (button.dataset.copied) toast(button.dataset.copied, { tone: "ok" });
}

function copyFrom(button) {
  const source = button.dataset.copyFrom && document.querySelector(button.dataset.copyFrom);
  return copy(button.dataset.copy || source?.value || source?.textContent.trim() || "", button);
}

document.addEventListener("click", (event) => {
  const copying = event.target.closest("[data-copy], [data-copy-from]");
  if (copying) return copyFrom(copying).catch(() => {});
  const opener = event.target.closest("[data-dialog]");
  if (opener) return document.getElementById(opener.dataset.dialog)?.showModal();
  const closer = event.target.closest("dialog [data-close]");
  if (closer) return closer.closest("dialog").close();
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// --- menus where the browser can't anchor them itself
document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (event.newState !== "open" || CSS.supports("anchor-name: --a")) return;
  const button = document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);
  if (!button) return;
  const [at, size] = [button.getBoundingClientRect(), menu.getBoundingClientRect()];
  const left = Math.min(Math.max(8, at.right - size.width), innerWidth - size.width - 8);
  const top = at.bottom + 6 + size.height > innerHeight ? Math.max(8, at.top - 6 - size.height) : at.bottom + 6;
  Object.assign(menu.style, { position: "fixed", inset: "auto", margin: "0", left: `${left}px`, top: `${top}px` });
}, true);

// --- numbers and times
class LiveCount extends HTMLElement {
  #turn = 0; // tells a late import from what is wanted now
  #leave = () => {};
  #seen = new IntersectionObserver((entries) => this.#want(entries.at(-1).isIntersecting));

  connectedCallback() {
    if (this.dataset.topic) this.#seen.observe(this);
  }

  disconnectedCallback() {
    this.#seen.disconnect();
    this.#want(false);
  }

  // a long page names more channels than one socket may hear; a page without counts needs no connection
  async #want(visible) {
    const turn = ++this.#turn;
    this.#leave();
    this.#leave = () => {};
    if (!visible) return;
    const { subscribe } = await import("./live.js");
    if (turn === this.#turn) this.#leave = subscribe(this.dataset.topic, (event) => this.#write(event));
  }

  #write({ name, data }) {
    if (name !== "count") return;
    const short = "compact" in this.dataset ? { notation: "compact", maximumFractionDigits: 1 } : undefined;
    const n = number(data.n, short);
    this.textContent = this.dataset.text ? fill(this.dataset.text, { n }) : n;
  }
}

customElements.define("ax-live-count", LiveCount);
refresh();
adopt();
if (document.querySelector("[hx-get], [hx-post]")) import("htmx"); // only where a page asks for it
setInterval(() => { if (!document.hidden) refresh(); }, 1000);
