/**
 * The creator's pages: key on demand, live health, parts that follow the broadcast.
 *
 * <ax-secret id data-hide-after="30"> a form that posts; the same element of the answer is shown, and hidden again.
 * <ax-health data-topic="studio:…">: [data-verdict] a pill, [data-findings] with a <template> ([data-text] in it),
 *   #stat-<fact> .ax-stat__value, figure.ax-chart; the event `health` carries words of the server: {verdict, tone,
 *   findings: [{text, tone}], facts: [{id, value}], bitrate, interval, state, state_tone}.
 * <ax-live-sections data-topic="channel:…"> parts with an id and data-fresh-on="broadcast.started …" are read again when
 *   that happens, data-spread ms apart at most.
 * form[data-saved] (htmx) says so in a toast. Anywhere: [data-ingest-status] with data-strings (JSON: idle, connecting, live,
 *   reconnecting).
 */
import { draw } from "./chart.js";
import { subscribe } from "./live.js";
import { readPage, replace } from "./page.js";
import { toast } from "./toast.js";

const HIDE_AFTER = 30; // s that a key stays on the screen
const SPREAD = 200; // ms in which the page is read after an event
const REST = 10_000; // ms between readings that a part asks for itself
class Secret extends HTMLElement {
  #timer;
  #hidden = null; // the content as it was before the key came

  connectedCallback() {
    this.addEventListener("submit", this);
    this.addEventListener("click", this);
  }

  disconnectedCallback() {
    this.#hide();
    this.removeEventListener("submit", this);
    this.removeEventListener("click", this);
  }

  handleEvent(event) {
    if (event.type === "click" && !event.target.closest("[data-hide]")) return;
    event.preventDefault();
    if (event.type === "click") this.#hide();
    else this.#ask(event.target, event.submitter);
  }

  async #ask(form, submitter) {
    const body = new URLSearchParams(new FormData(form, submitter));
    submitter?.setAttribute("aria-busy", "true");
    const page = await readPage(form.action, { method: "POST", body });
    submitter?.removeAttribute("aria-busy");
    const answer = page?.getElementById(this.id);
    if (!answer) return HTMLFormElement.prototype.submit.call(form); // the plain way still works
    form.reset();
    this.#hidden ??= [...this.childNodes];
    this.replaceChildren(...document.adoptNode(answer).childNodes);
    this.querySelector("[autofocus], [aria-invalid], [data-copy-from], button")?.focus();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#hide(), Number(this.dataset.hideAfter || HIDE_AFTER) * 1000);
  }

  #hide() {
    clearTimeout(this.#timer);
    if (this.#hidden) this.replaceChildren(...this.#hidden);
    this.#hidden = null;
  }
}

function tone(element, word) {
  element.dataset.tone = word;
  if (element.classList.contains("ax-pill")) element.className = `ax-pill ax-pill--${word}`;
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

class Health extends HTMLElement {
  #leave = () => {};

  connectedCallback() {
    const heard = ({ name, data }) => { if (name === "health") this.#show(data); };
    if (this.dataset.topic) this.#leave = subscribe(this.dataset.topic, heard);
  }

  disconnectedCallback() { this.#leave(); }

  #show(health) {
    const figure = this.querySelector("figure.ax-chart");
    const values = health.bitrate ?? [];
    const places = (health.facts ?? []).map((fact) => this.#fact(fact));
    this.#verdict(health);
    this.#findings(health.findings ?? []);
    if (figure && values.length > 1) draw(figure, values, health.interval);
    if (health.state) showStatus(health.state, health.state_tone);
    // what the page has no place for yet comes with its next reading
    const stale = places.includes(false) || (!figure && values.length > 1);
    if (stale) this.dispatchEvent(new CustomEvent("ax-stale", { bubbles: true }));
  }

  #verdict({ verdict, tone: word }) {
    for (const pill of this.querySelectorAll("[data-verdict]")) {
      write(pill.querySelector("[data-text]") ?? pill, verdict);
      tone(pill, word);
    }
  }

  #findings(findings) {
    const list = this.querySelector("[data-findings]");
    const pattern = list?.querySelector("template");
    const said = JSON.stringify(findings);
    if (!pattern || list.dataset.said === said) return;
    list.dataset.said = said; // the same news is not read out twice
    const made = findings.map(({ text, tone: word }) => {
      const item = pattern.content.firstElementChild.cloneNode(true);
      item.dataset.tone = word;
      write(item.querySelector("[data-text]") ?? item, text);
      return item;
    });
    list.replaceChildren(pattern, ...made);
    list.hidden = !findings.length;
  }

  #fact({ id, value }) {
    const place = this.querySelector(`#stat-${CSS.escape(id)} .ax-stat__value`);
    if (place) write(place, value);
    return Boolean(place);
  }
}

function showStatus(text, word) {
  for (const element of document.querySelectorAll("[data-ingest-status]")) {
    write(element, text);
    tone(element, word);
  }
}

/** What the channel's events say about the encoder; between them `health` does. */
const STATUS = {
  "ingest.connected": (data) => (data?.broadcast_id ? ["live", "ok"] : ["connecting", "accent"]),
  "ingest.disconnected": () => ["reconnecting", "warn"],
  "broadcast.started": () => ["live", "ok"],
  "broadcast.ended": () => ["idle", "neutral"],
  "rehearsal.started": () => ["live", "ok"],
  "rehearsal.ended": () => ["idle", "neutral"],
};

function follow(name, data) {
  const words = JSON.parse(document.querySelector("[data-ingest-status]")?.dataset.strings || "{}");
  const [status, word] = STATUS[name]?.(data) ?? [];
  if (words[status]) showStatus(words[status], word);
}

class LiveSections extends HTMLElement {
  #leave = () => {};
  #leavePrivate = () => {};
  #names = new Set();
  #stale = new Map(); // id of a part -> when it was last read because it asked for it
  #timer = 0;

  connectedCallback() {
    const { topic, last, epoch, privateTopic } = this.dataset;
    if (topic) this.#leave = subscribe(topic, (event) => this.#heard(event), { last, epoch });
    // what is rehearsed is told to the studio alone; its health, on the same topic, has an element of its own
    const heard = (event) => { if (event.name !== "health" && event.name !== "refused") this.#heard(event); };
    if (privateTopic) this.#leavePrivate = subscribe(privateTopic, heard);
    this.addEventListener("ax-stale", this);
  }

  handleEvent({ target }) {
    const { id } = target.closest("[data-fresh-on]") ?? {};
    if (!id || performance.now() - (this.#stale.get(id) ?? -REST) < REST) return;
    this.#stale.set(id, performance.now());
    this.#names.add(id);
    this.#plan();
  }

  disconnectedCallback() {
    this.#leave();
    this.#leavePrivate();
    clearTimeout(this.#timer);
  }

  #wants(section) {
    if (this.#names.has("reload") || this.#names.has(section.id)) return true;
    return section.dataset.freshOn.split(" ").some((name) => this.#names.has(name));
  }

  #heard({ name, data }) {
    follow(name, data);
    this.#names.add(name);
    const wanted = [...this.querySelectorAll("[data-fresh-on]")].some((section) => this.#wants(section));
    if (wanted) this.#plan();
    else this.#names.delete(name);
  }

  #plan() {
    const spread = Number(this.dataset.spread || SPREAD);
    this.#timer ||= setTimeout(() => this.#read(), spread * (0.5 + Math.random() / 2));
  }

  async #read() {
    this.#timer = 0;
    const page = await readPage();
    for (const old of page ? this.querySelectorAll("[data-fresh-on]") : []) {
      const fresh = page.getElementById(old.id);
      if (fresh && this.#wants(old)) replace(old, fresh);
    }
    this.#names.clear();
  }
}

customElements.define("ax-secret", Secret);
customElements.define("ax-health", Health);
customElements.define("ax-live-sections", LiveSections);

document.addEventListener("htmx:after:request", ({ detail }) => {
  const saved = detail.ctx.sourceElement?.closest("form[data-saved]")?.dataset.saved;
  if (saved && detail.ctx.response.status < 400) toast(saved, { tone: "ok" });
});
