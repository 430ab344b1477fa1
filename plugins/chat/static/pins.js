/** What stands above the log: put there and taken away as moderators do, folded as the viewer likes. */
import { pieces } from "./lines.js";

const FOLDED = "ax-chat-folded";
const LONGEST = 2 ** 31 - 1; // ms that a timer takes

function folded(id) {
  try {
    if (id === undefined) return localStorage.getItem(FOLDED);
    localStorage.setItem(FOLDED, id);
  } catch { /* a browser without storage forgets */ }
  return id;
}

export class Pins {
  #box;
  #room;
  #timer = null;

  /** `room` has part and strings. */
  constructor(root, room) {
    this.#box = root.querySelector(".ax-chat__pinned");
    this.#room = room;
    this.#box.addEventListener("toggle", (event) => this.#toggled(event.target), true);
    this.#adopt();
  }

  close() {
    clearTimeout(this.#timer);
  }

  show(pin) {
    const made = this.#room.part("pin");
    Object.assign(made.dataset, { pin: pin.id, until: pin.until ?? "" });
    made.querySelector("[data-by]").textContent = this.#room.strings.pinnedBy.replace("{by}", pin.by);
    made.querySelector("bdi").textContent = pin.name;
    made.querySelector("[data-text]").replaceChildren(...pieces(pin.text, new Set()).map(([kind, text]) => {
      if (kind !== "link") return text;
      const link = { href: text, textContent: text, className: "ax-link", rel: "nofollow noopener ugc", target: "_blank" };
      return Object.assign(document.createElement("a"), link);
    }));
    this.#box.replaceChildren(made);
    this.#adopt();
  }

  clear(id) {
    this.#box.querySelector(`[data-pin="${CSS.escape(id)}"]`)?.remove();
  }

  /** The page was read again: what stands there now. */
  replace(box) {
    this.#box.replaceChildren(...(box?.children ?? []));
    this.#adopt();
  }

  #adopt() {
    clearTimeout(this.#timer);
    const pin = this.#box.querySelector("[data-pin]");
    if (!pin) return;
    if (folded() === pin.dataset.pin) pin.querySelector("details").open = false;
    if (!pin.dataset.until) return;
    const left = Date.parse(pin.dataset.until) - Date.now();
    this.#timer = setTimeout(() => this.clear(pin.dataset.pin), Math.min(Math.max(left, 0), LONGEST));
  }

  #toggled(details) {
    const id = details.closest("[data-pin]")?.dataset.pin;
    if (id && (!details.open || folded() === id)) folded(details.open ? "" : id);
  }
}
