/** What was sent from this page: the arrows bring it back into an empty field, and never over something typed. */
const MOST = 20;

export class Recall {
  #said = [];
  #at = -1; // how far back; -1: nothing is recalled

  add(text) {
    this.#said = [text, ...this.#said.filter((other) => other !== text)].slice(0, MOST);
    this.#at = -1;
  }

  /** What the field shows after this key; null when the key is not for us. */
  step(key, shown) {
    const untouched = this.#at >= 0 && shown === this.#said[this.#at];
    if (!untouched) {
      if (shown) return null;
      this.#at = -1;
    }
    if (key === "ArrowUp") return this.#show(Math.min(this.#at + 1, this.#said.length - 1));
    if (key === "ArrowDown" && untouched) return this.#show(this.#at - 1);
    return null;
  }

  #show(at) {
    this.#at = at;
    return at >= 0 ? this.#said[at] : this.#said.length ? "" : null;
  }
}
