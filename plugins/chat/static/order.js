/**
 * Acts of a chat with a delay come twice: at once, with `of` in place of a number, and in their turn in the sequence.
 * Each is done once, and what sets a state never goes back to an older one.
 */
const STATES = { modes: "modes", shield: "shield", rules: "rules", pinned: "pin", unpinned: "pin" };

export class Order {
  #told = new Set();
  #newest = {};

  /** Whether this event is to be done now. */
  takes({ seq, name, data }) {
    const early = seq === null && Number.isInteger(data?.of);
    const at = early ? data.of : seq;
    if (at === null || (!early && this.#told.delete(at))) return at === null;
    if (early) this.#told.add(at);
    const state = STATES[name];
    if (!state) return true;
    if (at < (this.#newest[state] ?? 0)) return false;
    this.#newest[state] = at;
    return true;
  }
}
