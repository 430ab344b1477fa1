/**
 * Toasts: short news that always stands elsewhere too.
 *
 * <div id="ax-toasts" class="ax-toasts" role="status"> <template> <div class="ax-toast"> <span data-text></span>
 * <button data-close …></button> </div> </template> </div>. Toasts that the server put there leave like ours.
 */
const SHOWN = 6000; // ms

function region() {
  const found = document.getElementById("ax-toasts");
  if (found) return found;
  const made = Object.assign(document.createElement("div"), { id: "ax-toasts", className: "ax-toasts" });
  made.setAttribute("role", "status");
  document.body.append(made);
  return made;
}

function build(box, text) {
  const made = box.querySelector("template")?.content.firstElementChild.cloneNode(true);
  const toast = made ?? Object.assign(document.createElement("div"), { className: "ax-toast" });
  (toast.querySelector("[data-text]") ?? toast).textContent = text;
  return toast;
}

/** Let a toast go after its time; not while a person points at it or is inside it. Returns a function that closes it. */
export function expire(toast, shown = SHOWN) {
  let timer;
  const close = () => { clearTimeout(timer); toast.remove(); };
  const start = () => { timer = setTimeout(close, shown); };
  const hold = () => clearTimeout(timer);
  for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, hold);
  for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, () => { hold(); start(); });
  toast.addEventListener("click", (event) => { if (event.target.closest("[data-close]")) close(); });
  start();
  return close;
}

/** Show `text`; `tone` is ok, warn, danger, accent or neutral. Returns a function that closes it. */
export function toast(text, { tone = "neutral", shown = SHOWN } = {}) {
  const box = region();
  const made = build(box, text);
  made.dataset.tone = tone;
  box.append(made);
  return expire(made, shown);
}

/** Toasts that came with the page. */
export function adopt() {
  for (const element of document.querySelectorAll("#ax-toasts > .ax-toast")) expire(element);
}
