/**
 * The banner above the field: why one can't write whatever one writes, and what would let one. The server says both;
 * it is asked again when the modes or the rules change, when the wait is over, and when one comes back to the page.
 */
const CODES = ["chat-unverified", "chat-account-young", "chat-followers-only", "chat-subscribers-only", "chat-rules"];
const ACCOUNT = ["verified_only", "min_age_minutes", "followers_only", "subscribers_only"];
const SPREAD = 2000; // ms over which the pages of a chat ask
const LONGEST = 2 ** 31 - 1; // ms that a timer takes
const FETCH = 10_000; // ms

export class Barrier {
  #box;
  #address;
  #timer = null;
  #seen = () => { if (!document.hidden && !this.#box.hidden) this.refresh(0); };

  /** Nothing is done on pages of guests and moderators: they have no banner. */
  constructor(root) {
    this.#box = root.querySelector("[data-barrier]");
    this.#address = root.dataset.meUrl;
    if (!this.#box) return;
    document.addEventListener("visibilitychange", this.#seen);
    this.#wait(Number(this.#box.dataset.retry) || null);
  }

  close() {
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.#seen);
  }

  /** A message was refused: the banner says more than the refusal. */
  refused(problem) {
    if (CODES.some((code) => problem.type?.endsWith(`:${code}`))) this.refresh(0);
  }

  modes(modes) {
    if (this.#box && (!this.#box.hidden || ACCOUNT.some((name) => modes[name]))) this.refresh();
  }

  refresh(spread = SPREAD) {
    if (!this.#box) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), Math.random() * spread);
  }

  async #ask() {
    try {
      const answer = await fetch(this.#address, { signal: AbortSignal.timeout(FETCH) });
      if (answer.ok) this.#show((await answer.json()).barrier);
    } catch { /* the next message says what holds */ }
  }

  #show(barrier) {
    this.#box.hidden = !barrier;
    if (!barrier) return;
    this.#box.querySelector("[data-text]").textContent = barrier.detail;
    const link = this.#box.querySelector("[data-action]");
    link.hidden = !barrier.action;
    if (barrier.action) Object.assign(link, { href: barrier.action.path, textContent: barrier.action.label });
    link.toggleAttribute("data-open", barrier.code === "chat-rules");
    this.#wait(barrier.retry_after);
  }

  #wait(seconds) {
    clearTimeout(this.#timer);
    if (seconds) this.#timer = setTimeout(() => this.#ask(), Math.min(seconds * 1000 + 500, LONGEST));
  }
}
