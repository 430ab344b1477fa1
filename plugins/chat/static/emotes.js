/**
 * What can be written besides letters: the emotes of the channel and emoji by name. Both tables are asked for when the
 * first word begins with a colon, or the picker opens.
 */
import { byCode, codes, shown } from "./emotes_image.js";

const FETCH = 10_000; // ms
const RECENT = "ax-chat-recent";
const MOST_RECENT = 24;

async function json(address) {
  const answer = await fetch(address, { signal: AbortSignal.timeout(FETCH) });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

/** 4: it is a name, 3: the first one begins so, 2: another one, 1: a keyword, 0: nothing does. */
function rank(word, names, keywords) {
  if (names.includes(word)) return 4;
  if (names[0].startsWith(word)) return 3;
  if (names.some((name) => name.split("_").some((part) => part.startsWith(word)) || name.startsWith(word))) return 2;
  return keywords.some((keyword) => keyword.startsWith(word)) ? 1 : 0;
}

/** Of `channel` (its id), from `list` (the API of its emotes) and `table` (the emoji). */
export class Emotes {
  #channel;
  #list;
  #table;
  #emotes = null;
  #emoji = null;
  #groups = [];
  #names = new Map();
  #own = new Map();

  constructor({ channel, list, table }) {
    this.#channel = channel;
    this.#list = list;
    this.#table = table;
  }

  /** Emoji in their groups, [[{ emoji, names, keywords }]]; empty until they were asked for. */
  get groups() {
    return this.#groups;
  }

  /** The emotes of the channel, by code; rejects without the server. */
  emotes() {
    this.#emotes ??= json(this.#list).then(({ items }) => this.#keep(items)).catch((problem) => { this.#emotes = null; throw problem; });
    return this.#emotes;
  }

  emoji() {
    this.#emoji ??= json(this.#table).then((groups) => this.#learn(groups)).catch((problem) => { this.#emoji = null; throw problem; });
    return this.#emoji;
  }

  /** The emotes of the channel have changed. */
  forget() {
    this.#emotes = null;
  }

  #keep(items) {
    this.#own = byCode(items);
    return items;
  }

  #learn(groups) {
    const read = ([emoji, names, keywords]) => ({ emoji, names: names.split(" "), keywords: keywords.split(" ") });
    this.#groups = groups.map((group) => group.map(read));
    for (const one of this.#groups.flat()) for (const name of one.names) if (!this.#names.has(name)) this.#names.set(name, one.emoji);
    return this.#groups;
  }

  /** What fits a word, emotes of the channel first, best first: [{ code, emote } | { code, emoji }]. */
  async search(word) {
    const wanted = word.toLowerCase();
    const [emotes, groups] = await Promise.all([this.emotes().catch(() => []), this.emoji()]);
    const own = emotes.filter(({ code }) => code.toLowerCase().includes(wanted))
      .sort((a, b) => b.code.toLowerCase().startsWith(wanted) - a.code.toLowerCase().startsWith(wanted));
    const ranked = groups.flat().map((one) => [rank(wanted, one.names, one.keywords), one]).filter(([fits]) => fits);
    ranked.sort(([a], [b]) => b - a);
    return [...own.map((emote) => ({ code: emote.code, emote })), ...ranked.map(([, { emoji, names }]) => ({ code: names[0], emoji }))];
  }

  /** For complete.js. */
  source() {
    return {
      trigger: ":",
      atStart: false,
      find: async (word) => {
        if (!/^[A-Za-z0-9_+-]+$/.test(word)) return [];
        return (await this.search(word)).slice(0, 8).map(({ code, emote, emoji }) => ({
          insert: emoji ?? `:${code}:`, label: `:${code}:`, image: emote && shown(emote, 28), shown: emoji,
        }));
      },
    };
  }

  /** The text with `:smile:` as emoji, as far as the table is here; codes of the channel's emotes stay. */
  spell(text) {
    if (!this.#names.size || !text.includes(":")) return text;
    const kept = new Set(codes(text, this.#own).map(([start]) => start));
    return text.replace(/:([a-z0-9_+-]{2,}):/g, (whole, name, at) => (kept.has(at) ? whole : this.#names.get(name) ?? whole));
  }

  /** What was chosen lately, in this channel: [{ emoji } | { code }]. */
  recent() {
    return this.#stored().filter(({ channel }) => !channel || channel === this.#channel);
  }

  remember({ code, emoji }) {
    const chosen = emoji ? { emoji } : { code, channel: this.#channel };
    const same = (other) => other.emoji === chosen.emoji && other.code === chosen.code && other.channel === chosen.channel;
    const all = [chosen, ...this.#stored().filter((other) => !same(other))].slice(0, MOST_RECENT);
    try {
      localStorage.setItem(RECENT, JSON.stringify(all));
    } catch { /* a browser without storage forgets */ }
  }

  #stored() {
    try {
      const all = JSON.parse(localStorage.getItem(RECENT) ?? "[]");
      const fits = (one) => one && (typeof one.emoji === "string" || typeof one.code === "string");
      return Array.isArray(all) ? all.filter(fits).slice(0, MOST_RECENT) : [];
    } catch {
      return [];
    }
  }
}
