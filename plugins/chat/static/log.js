/**
 * The log: lines are put in once per frame, it stays at its end unless a person reads further up, and it never holds
 * more than 300 lines. Above 20 lines a second it shows a sample.
 */
const MOST = 300; // lines in the page
const NEAR = 80; // px from the end that still count as the end
const FASTEST = 20; // lines a second that a person can follow
const UNSENT = ["sending", "failed"];
const SAMPLED_FOR = 3000; // ms that the hint stays after the last line left out

export class Log {
  #box;
  #list;
  #jump;
  #empty;
  #strings;
  #plural = new Intl.PluralRules(document.documentElement.lang || undefined);
  #waiting = [];
  #known = new Map();
  #frame = 0;
  #stick = true;
  #held = new Set();
  #focused = false;
  #unread = 0;
  #settled = -1; // scrollTop that we set ourselves
  #tokens = FASTEST;
  #filled = 0;
  #sampled = 0;
  #abort = new AbortController();
  #resized = new ResizeObserver(() => this.#follow());

  /** `onSample(bool)` is told when a sample begins and ends to be shown; `pauses()` whether pointing at it holds it. */
  constructor(root, strings, onSample, pauses = () => true) {
    this.pauses = pauses;
    this.#box = root.querySelector(".ax-chat__log");
    this.#list = this.#box.querySelector("ol");
    this.#jump = root.querySelector(".ax-chat__jump");
    this.#empty = root.querySelector(".ax-chat__empty");
    this.#strings = strings;
    this.onSample = onSample;
    this.#adopt();
    this.#listen();
    this.toEnd();
  }

  get lines() {
    return [...this.#list.children];
  }

  /** Lines that stand, and those that wait for their frame. */
  get all() {
    return [...this.#list.children, ...this.#waiting];
  }

  get box() {
    return this.#box;
  }

  find(id) {
    return this.#known.get(id);
  }

  /** Quotes of a line above its answers, also of those that wait for their frame. */
  quotesOf(id) {
    const all = [this.#list, ...this.#waiting];
    return all.flatMap((node) => [...node.querySelectorAll(`[data-reply="${CSS.escape(id)}"]`)]);
  }

  /** Put a line at the end. `important` ones are never left out of a sample; `at` is when it was said, in ms. */
  add(line, { important = false, at = Date.now() } = {}) {
    const id = line.dataset.id;
    if (id && this.#known.has(id)) return false;
    if (!this.#take(at) && !important) return false;
    if (id) this.#known.set(id, line);
    this.#waiting.push(line);
    // a page in the background gets no frames
    if (document.hidden) this.#flush();
    else this.#frame ||= requestAnimationFrame(() => this.#flush());
    return true;
  }

  drop(line) {
    this.#known.delete(line.dataset.id);
    this.#waiting = this.#waiting.filter((other) => other !== line);
    line.remove();
    this.#follow();
  }

  /** Begin anew with these lines; what was not sent yet stays. */
  replace(lines) {
    const unsent = [...this.lines, ...this.#waiting].filter(({ dataset }) => UNSENT.includes(dataset.state));
    this.#waiting = [];
    this.#known.clear();
    this.#list.replaceChildren(...lines, ...unsent);
    this.#adopt();
    this.#unread = 0;
    this.toEnd();
  }

  /** Keep it where it is, for a reason, until that is gone. */
  hold(why, on) {
    if (on) this.#held.add(why);
    else this.#held.delete(why);
    if (!this.#held.size) this.#follow();
  }

  /** Lines were hidden or shown: stay at the end, if it was there. */
  settle() {
    this.#follow();
  }

  toEnd() {
    this.#stick = true;
    this.#held.clear();
    this.#follow();
  }

  close() {
    cancelAnimationFrame(this.#frame);
    this.#abort.abort();
    this.#resized.disconnect();
    clearTimeout(this.#sampled);
  }

  #adopt() {
    for (const line of this.lines) if (line.dataset.id) this.#known.set(line.dataset.id, line);
    if (this.#empty) this.#empty.hidden = this.#list.childElementCount > 0;
  }

  #listen() {
    const options = { signal: this.#abort.signal };
    const hold = (on) => (event) => {
      if (event.pointerType && event.pointerType !== "mouse") return;
      this.hold("pointer", on && this.pauses());
    };
    this.#box.addEventListener("scroll", () => this.#scrolled(), { ...options, passive: true });
    this.#box.addEventListener("pointerenter", hold(true), options);
    this.#box.addEventListener("pointerleave", hold(false), options);
    this.#box.addEventListener("focusin", (event) => { if (event.target !== this.#box) this.#focused = true; }, options);
    this.#box.addEventListener("focusout", (event) => {
      if (this.#box.contains(event.relatedTarget)) return;
      this.#focused = false;
      this.#follow();
    }, options);
    this.#jump.addEventListener("click", () => { this.#unread = 0; this.toEnd(); }, options);
    this.#resized.observe(this.#box);
  }

  get #reading() {
    return !this.#stick || this.#held.size > 0 || this.#focused;
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#box;
    if (Math.abs(scrollTop - this.#settled) < 2) return;
    this.#stick = scrollHeight - scrollTop - clientHeight < NEAR;
    if (this.#stick) this.#unread = 0;
    this.#say();
  }

  #flush() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const lines = this.#waiting;
    this.#waiting = [];
    if (this.#reading) this.#unread += lines.length;
    this.#list.append(...lines.slice(-MOST));
    this.#shorten();
    if (this.#empty) this.#empty.hidden = true;
    this.#follow();
  }

  #shorten() {
    const extra = this.#list.childElementCount - MOST;
    if (extra <= 0) return;
    const before = this.#box.scrollHeight;
    for (const line of this.lines.slice(0, extra)) {
      this.#known.delete(line.dataset.id);
      line.remove();
    }
    // who reads further up must not be pushed on
    if (this.#reading) this.#scrollTo(this.#box.scrollTop - (before - this.#box.scrollHeight));
  }

  #follow() {
    if (!this.#reading) {
      this.#unread = 0;
      this.#scrollTo(this.#box.scrollHeight);
    }
    this.#say();
  }

  #scrollTo(top) {
    this.#box.scrollTop = top;
    this.#settled = this.#box.scrollTop;
  }

  #say() {
    this.#jump.hidden = !this.#unread;
    if (!this.#unread) return;
    const one = this.#plural.select(this.#unread) === "one";
    const text = one ? this.#strings.jumpOne : this.#strings.jumpOther;
    this.#jump.querySelector("span").textContent = text.replace("{n}", this.#unread);
  }

  /** A token bucket over the times at which lines were said: what was missed and comes at once is not fast. */
  #take(at) {
    this.#tokens = Math.min(FASTEST, this.#tokens + (Math.max(0, at - this.#filled) / 1000) * FASTEST);
    this.#filled = Math.max(at, this.#filled);
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return true;
    }
    if (!this.#sampled) this.onSample(true);
    clearTimeout(this.#sampled);
    this.#sampled = setTimeout(() => { this.#sampled = 0; this.onSample(false); }, SAMPLED_FOR);
    return false;
  }
}
