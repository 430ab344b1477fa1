/**
 * The picker of emotes and emoji: tabs, a search, a grid that the arrows walk through. It opens beside the field, puts what
 * was chosen where the caret was, and gives the focus back.
 */
import { shown } from "./emotes_image.js";

const COLUMNS = 8;
const MOST_FOUND = 96;
const GLYPHS = ["😀", "👋", "🐻", "🍔", "🚗", "⚽", "💡", "🔣", "🏁"];

export class Picker {
  #box;
  #button;
  #field;
  #emotes;
  #strings;
  #tabs;
  #grid;
  #search;
  #turn = 0;
  #builds = 0;
  #pressed = false;
  #abort = new AbortController();

  /** `box` is the popover of emotes_picker.html, `button` opens it, `field` takes what is chosen. */
  constructor(box, { button, field, emotes }) {
    this.#box = box;
    this.#button = button;
    this.#field = field;
    this.#emotes = emotes;
    this.#strings = JSON.parse(box.dataset.strings);
    this.#tabs = box.querySelector("[role=tablist]");
    this.#grid = box.querySelector("[role=grid]");
    this.#search = box.querySelector("input");
    const { signal } = this.#abort;
    const on = (target, name, fn) => target.addEventListener(name, fn, { signal });
    on(button, "pointerdown", () => { this.#pressed = box.matches(":popover-open"); });
    on(box, "toggle", ({ newState }) => this.#toggled(newState === "open"));
    on(box, "keydown", (event) => this.#leave(event));
    on(this.#search, "input", () => this.#find());
    on(this.#search, "keydown", (event) => this.#fromSearch(event));
    on(this.#tabs, "click", ({ target }) => this.#choose(target.closest("[role=tab]")));
    on(this.#tabs, "keydown", (event) => this.#walkTabs(event));
    on(this.#grid, "keydown", (event) => this.#walk(event));
    on(this.#grid, "click", (event) => this.#take(event));
  }

  toggle() {
    // a press on the button has closed it already, as one outside of it
    const open = this.#pressed || this.#box.matches(":popover-open");
    this.#pressed = false;
    if (open) this.#box.hidePopover();
    else this.#box.showPopover();
  }

  stop() {
    this.#abort.abort();
    if (this.#box.matches(":popover-open")) this.#box.hidePopover();
  }

  #toggled(open) {
    this.#button.setAttribute("aria-expanded", open);
    if (!open) {
      this.#search.value = "";
      if (this.#box.contains(document.activeElement) || document.activeElement === document.body) this.#button.focus();
      return;
    }
    this.#place();
    this.#search.focus();
    this.#build();
  }

  /** Above the button, inside of the window. */
  #place() {
    const [from, size] = [this.#button.getBoundingClientRect(), this.#box.getBoundingClientRect()];
    const left = Math.max(8, Math.min(from.right - size.width, innerWidth - size.width - 8));
    Object.assign(this.#box.style, { inset: "auto", left: `${left}px`, top: `${Math.max(8, from.top - 8 - size.height)}px` });
  }

  async #build() {
    const build = ++this.#builds;
    this.#say(this.#strings.loading);
    const [own, groups] = await Promise.allSettled([this.#emotes.emotes(), this.#emotes.emoji()]);
    if (build !== this.#builds || this.#abort.signal.aborted) return;
    if (groups.status === "rejected" && own.status === "rejected") return this.#say(this.#strings.failed);
    const recent = this.#emotes.recent().length > 0;
    const found = (own.value ?? []).length > 0;
    const tabs = [recent && ["recent", "🕒", this.#strings.recent], found && ["channel", "⭐", this.#strings.channel]];
    for (const [at, name] of this.#strings.groups.entries()) tabs.push(groups.value && [`${at}`, GLYPHS[at], name]);
    const [chosen, word] = [this.#chosen?.dataset.tab, this.#search.value];
    this.#tabs.replaceChildren(...tabs.filter(Boolean).map(([key, glyph, label]) => this.#tab(key, glyph, label)));
    this.#choose(this.#tabs.querySelector(`[data-tab="${chosen}"]`) ?? this.#tabs.firstElementChild);
    // somebody has begun to search while the tables came
    if (word) this.#lookFor(word);
  }

  get #chosen() {
    return this.#tabs.querySelector("[aria-selected=true]");
  }

  #tab(key, glyph, label) {
    const tab = Object.assign(document.createElement("button"), { type: "button", className: "ax-picker__tab", textContent: glyph, title: label });
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-label", label);
    tab.setAttribute("aria-controls", this.#grid.id);
    tab.dataset.tab = key;
    tab.tabIndex = -1;
    return tab;
  }

  async #choose(tab) {
    if (!tab) return;
    for (const other of this.#tabs.children) {
      other.setAttribute("aria-selected", other === tab);
      other.tabIndex = other === tab ? 0 : -1;
    }
    this.#search.value = "";
    const turn = ++this.#turn;
    const items = await this.#items(tab.dataset.tab);
    if (turn === this.#turn) this.#show(items, tab.title);
  }

  async #items(key) {
    const own = await this.#emotes.emotes().catch(() => []);
    if (key === "channel") return own.map((emote) => ({ code: emote.code, emote }));
    if (key !== "recent") return this.#emotes.groups[Number(key)].map(({ emoji, names }) => ({ emoji, code: names[0] }));
    const known = new Map(own.map((emote) => [emote.code, emote]));
    const names = new Map(this.#emotes.groups.flat().map(({ emoji, names: [code] }) => [emoji, code]));
    const recent = this.#emotes.recent().map(({ emoji, code }) => ({ emoji, code: emoji ? names.get(emoji) ?? emoji : code, emote: known.get(code) }));
    return recent.filter(({ emoji, emote }) => emoji || emote);
  }

  #lookFor(word) {
    this.#search.value = word;
    this.#find();
  }

  async #find() {
    const word = this.#search.value.trim();
    if (!word) return this.#choose(this.#chosen);
    const turn = ++this.#turn;
    const found = await this.#emotes.search(word).catch(() => []);
    if (turn !== this.#turn) return;
    this.#show(found.slice(0, MOST_FOUND), this.#strings.found.replace("{n}", found.length));
  }

  #show(items, label) {
    this.#grid.setAttribute("aria-label", label);
    this.#say(items.length ? label : this.#strings.nothing);
    const rows = [];
    for (let at = 0; at < items.length; at += COLUMNS) {
      const row = document.createElement("div");
      row.setAttribute("role", "row");
      row.append(...items.slice(at, at + COLUMNS).map((item) => this.#cell(item)));
      rows.push(row);
    }
    this.#grid.replaceChildren(...rows);
    this.#grid.hidden = !items.length;
    this.#grid.scrollTop = 0;
    const first = this.#grid.querySelector("button");
    if (first) first.tabIndex = 0;
  }

  #cell({ code, emoji, emote }) {
    const cell = Object.assign(document.createElement("button"), { type: "button", className: "ax-picker__cell", title: `:${code}:`, tabIndex: -1 });
    cell.setAttribute("role", "gridcell");
    cell.setAttribute("aria-label", `:${code}:`);
    Object.assign(cell.dataset, emoji ? { emoji } : { code });
    const image = () => Object.assign(document.createElement("img"), { loading: "lazy", width: 28, height: 28, alt: "", src: shown(emote, 28), srcset: `${shown(emote, 56)} 2x` });
    cell.append(emoji ?? image());
    return cell;
  }

  /** What stands above the grid, aloud too. */
  #say(text) {
    this.#box.querySelector("[role=status]").textContent = text;
  }

  /** At once, though a field of search would be emptied first. */
  #leave(event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    this.#box.hidePopover();
  }

  #fromSearch(event) {
    const first = this.#grid.querySelector("button");
    if (event.isComposing || !first) return;
    if (event.key === "ArrowDown") first.focus();
    else if (event.key === "Enter") first.click();
    else return;
    event.preventDefault();
  }

  #walkTabs(event) {
    const tabs = [...this.#tabs.children];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = tabs[(tabs.indexOf(event.target) + step + tabs.length) % tabs.length];
    next.focus();
    this.#choose(next);
  }

  #walk(event) {
    const cells = [...this.#grid.querySelectorAll("button")];
    const at = cells.indexOf(event.target);
    const steps = {
      ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + COLUMNS, ArrowUp: at - COLUMNS,
      Home: at - (at % COLUMNS), End: at - (at % COLUMNS) + COLUMNS - 1,
    };
    if (!(event.key in steps)) return;
    event.preventDefault();
    if (steps[event.key] < 0 && event.key === "ArrowUp") return this.#search.focus();
    const next = cells[Math.max(0, Math.min(cells.length - 1, steps[event.key]))];
    cells[at].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  #take({ target, shiftKey }) {
    const cell = target.closest("[role=gridcell]");
    if (!cell) return;
    const { emoji, code } = cell.dataset;
    this.#emotes.remember({ emoji, code });
    const { selectionStart: start, selectionEnd: end, value } = this.#field;
    // an emote is a word of its own
    const gap = code && start > 0 && !/\s/.test(value[start - 1]) ? " " : "";
    this.#field.setRangeText(emoji ?? `${gap}:${code}: `, start, end, "end");
    this.#field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    if (shiftKey) return;
    this.#box.hidePopover();
    this.#field.focus();
  }
}
