/** What this person does not want to read: lines and quotes of people whom they blocked. */
const FETCH = 10_000; // ms
const LIST = "/api/v1/chat/blocks?limit=100";

export class View {
  #room;
  #blocked;

  /** `ids` are those that the server gave; `room` has log, strings. */
  constructor(ids, room) {
    this.#room = room;
    this.#blocked = new Set(ids);
  }

  hides(user) {
    return Boolean(user) && this.#blocked.has(user);
  }

  /** Read the list again: it was changed on this page or on another one of the same person. */
  async again() {
    const found = new Set();
    let next = "";
    do {
      const answer = await fetch(LIST + next, { signal: AbortSignal.timeout(FETCH) });
      if (!answer.ok) return;
      const page = await answer.json();
      for (const { user } of page.items) found.add(user);
      next = page.next ? `&before=${page.next}` : "";
    } while (next);
    this.#blocked = found;
    this.apply(this.#room.log.all);
    this.#room.log.settle();
  }

  /** Hide and show what stands already. */
  apply(lines) {
    for (const line of lines) {
      if (line.dataset.user) line.hidden = this.hides(line.dataset.user);
      for (const quote of line.querySelectorAll("[data-of]")) if (this.hides(quote.dataset.of)) this.#empty(quote);
    }
  }

  #empty(quote) {
    quote.lastElementChild.textContent = this.#room.strings.blocked;
  }
}
