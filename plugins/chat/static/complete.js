/**
 * Completion in a text field: a list of suggestions opens above it while a word is typed that begins with a trigger.
 * The focus stays in the field and `aria-activedescendant` names the suggestion, as in WAI-ARIA's listbox pattern.
 *
 * complete(field, sources) -> stop. A source is { trigger: ":" | "@" | "/", atStart: boolean, least?: number,
 *   find(word) -> Promise<[{ insert, label, hint?, image?, shown? }]> }: `word` is what follows the trigger, `atStart` asks
 *   for the beginning of the message, `least` is how many letters open the list (":" 2, else 1). `image` is an address,
 *   `shown` a text in its place. The field says the words: data-completions, data-found with {n}.
 */
const MOST = 8; // suggestions
const LEAST = { ":": 2 };
let lists = 0;

/** The word before the caret, when it begins with the trigger of a source. */
export function wordAt(text, caret, sources) {
  const start = text.slice(0, caret).search(/\S+$/);
  if (start < 0) return null;
  const token = text.slice(start, caret);
  const source = sources.find(({ trigger, atStart }) => token.startsWith(trigger) && (!atStart || !text.slice(0, start).trim()));
  const word = token.slice(source?.trigger.length);
  const least = source?.least ?? LEAST[source?.trigger] ?? 1;
  return source && [...word].length >= least ? { source, word, token, start, end: caret } : null;
}

export function complete(field, sources) {
  const list = new Suggestions(field, sources);
  return () => list.stop();
}

class Suggestions {
  #field;
  #sources;
  #list = document.createElement("ul");
  #said = document.createElement("span");
  #found = [];
  #at = 0;
  #word = null;
  #turn = 0;
  #abort = new AbortController();

  constructor(field, sources) {
    this.#field = field;
    this.#sources = sources;
    Object.assign(this.#list, { className: "ax-complete", id: `ax-complete-${++lists}`, hidden: true });
    this.#list.setAttribute("role", "listbox");
    this.#list.setAttribute("aria-label", field.dataset.completions ?? "");
    this.#said.className = "ax-hidden";
    this.#said.setAttribute("role", "status");
    field.setAttribute("aria-autocomplete", "list");
    field.parentElement.append(this.#list, this.#said);
    this.#listen();
    this.#look();
  }

  stop() {
    this.#abort.abort();
    this.#close();
    this.#list.remove();
    this.#said.remove();
    this.#field.removeAttribute("aria-autocomplete");
  }

  #listen() {
    const { signal } = this.#abort;
    const on = (target, name, fn, more) => target.addEventListener(name, fn, { signal, ...more });
    // before the field's own listeners: Enter means the suggestion while the list is open, not the message
    on(this.#field, "keydown", (event) => this.#key(event), { capture: true });
    on(this.#field, "input", () => this.#look());
    on(this.#field, "click", () => this.#look());
    on(this.#field, "keyup", ({ key }) => { if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(key)) this.#look(); });
    on(this.#field, "blur", () => this.#close());
    // the field keeps the focus, also under a finger
    on(this.#list, "pointerdown", (event) => event.preventDefault());
    on(this.#list, "click", ({ target }) => {
      const option = target.closest("[role=option]");
      if (option) this.#take(Number(option.dataset.index));
    });
  }

  async #look() {
    const turn = ++this.#turn;
    const { value, selectionStart, selectionEnd } = this.#field;
    const word = selectionStart === selectionEnd ? wordAt(value, selectionStart, this.#sources) : null;
    if (!word) return this.#close();
    let found = [];
    try {
      found = await word.source.find(word.word);
    } catch { /* without what the source needs there are no suggestions; writing goes on */ }
    if (turn !== this.#turn || this.#abort.signal.aborted) return;
    this.#word = word;
    this.#show(found.slice(0, MOST));
  }

  #show(found) {
    if (!found.length) return this.#close();
    this.#found = found;
    this.#list.replaceChildren(...found.map((item, index) => this.#option(item, index)));
    this.#list.hidden = false;
    this.#field.setAttribute("aria-controls", this.#list.id);
    this.#said.textContent = (this.#field.dataset.found ?? "").replace("{n}", found.length);
    this.#mark(0);
  }

  #option({ label, hint, image, shown }, index) {
    const option = document.createElement("li");
    Object.assign(option, { id: `${this.#list.id}-${index}`, className: "ax-complete__option" });
    option.setAttribute("role", "option");
    option.dataset.index = index;
    if (image) option.append(Object.assign(document.createElement("img"), { src: image, alt: "", width: 24, height: 24 }));
    else if (shown) option.append(part("ax-complete__shown", shown));
    option.append(part("ax-complete__label", label));
    if (hint) option.append(part("ax-complete__hint", hint));
    return option;
  }

  #mark(index) {
    this.#at = index;
    for (const [at, option] of [...this.#list.children].entries()) option.setAttribute("aria-selected", at === index);
    this.#field.setAttribute("aria-activedescendant", `${this.#list.id}-${index}`);
    this.#list.children[index].scrollIntoView({ block: "nearest" });
  }

  #close() {
    this.#turn += 1;
    this.#found = [];
    this.#word = null;
    this.#list.hidden = true;
    this.#list.replaceChildren();
    this.#said.textContent = "";
    for (const name of ["aria-controls", "aria-activedescendant"]) this.#field.removeAttribute(name);
  }

  #key(event) {
    if (this.#list.hidden || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const count = this.#found.length;
    const acts = {
      ArrowDown: () => this.#mark((this.#at + 1) % count),
      ArrowUp: () => this.#mark((this.#at - 1 + count) % count),
      Enter: () => this.#take(this.#at),
      Tab: () => this.#take(this.#at),
      Escape: () => this.#close(),
    };
    if (!(event.key in acts) || (event.shiftKey && event.key !== "Escape")) return;
    // what is typed already to the end needs no second Enter
    if (event.key === "Enter" && this.#found[this.#at].insert.trim() === this.#word.token) return this.#close();
    event.preventDefault();
    event.stopImmediatePropagation();
    acts[event.key]();
  }

  #take(index) {
    const { start, end } = this.#word;
    const { insert } = this.#found[index];
    this.#close();
    const gap = /\s$/.test(insert) || /^\s/.test(this.#field.value.slice(end)) ? "" : " ";
    this.#field.setRangeText(insert + gap, start, end, "end");
    this.#field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    this.#field.focus();
  }
}

function part(className, text) {
  const made = document.createElement("span");
  made.className = className;
  made.dir = "auto";
  made.textContent = text;
  return made;
}
