/**
 * Lines of the log: the pieces of a message, and elements made from the templates in the page.
 * The three patterns are those of text.py, ASCII only, so that server and page read a message alike.
 */
import { byCode, codes, few, picture } from "./emotes_image.js";

const MENTION = /(?<![A-Za-z0-9_@/.])@([A-Za-z0-9_]{3,32})(?![A-Za-z0-9_])/g;
const LINK = /(?<![A-Za-z0-9_])https?:\/\/[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+/g;
const HOST = /^https?:\/\/[A-Za-z0-9]/;
const TRAILING = ".,;:!?'])";

function count(text, character) {
  return text.split(character).length - 1;
}

/** The address without the punctuation around it; a bracket that it opened itself stays. */
function withoutTrailing(address) {
  while (address && TRAILING.includes(address.at(-1))) {
    if (address.at(-1) === ")" && count(address, "(") >= count(address, ")")) break;
    address = address.slice(0, -1);
  }
  return address;
}

function spans(text, mentions, emotes) {
  const found = codes(text, emotes).map((span) => [...span, "emote"]);
  for (const match of text.matchAll(LINK)) {
    const address = withoutTrailing(match[0]);
    if (HOST.test(address)) found.push([match.index, match.index + address.length, "link"]);
  }
  for (const match of text.matchAll(MENTION)) {
    if (mentions.has(match[1].toLowerCase())) found.push([match.index, match.index + match[0].length, "mention"]);
  }
  return found.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

/** [[kind, text], …]; kinds are text, mention, link and emote; `mentions` is a Set of user names, `emotes` a Map by code. */
export function pieces(text, mentions, emotes = new Map()) {
  const made = [];
  let at = 0;
  for (const [start, end, kind] of spans(text, mentions, emotes)) {
    if (start < at) continue; // an @name or an emote inside of a link
    if (start > at) made.push(["text", text.slice(at, start)]);
    made.push([kind, text.slice(start, end)]);
    at = end;
  }
  if (at < text.length) made.push(["text", text.slice(at)]);
  return made;
}

function hours(times, language) {
  return new Intl.DateTimeFormat(language, { timeStyle: "short", hourCycle: times === "12" ? "h12" : "h23" });
}

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function link(address) {
  return Object.assign(element("a", "ax-link", address), { href: address, rel: "nofollow noopener ugc", target: "_blank" });
}

function write(box, text, mentions, emotes) {
  const found = pieces(text, mentions, emotes);
  const large = few(found);
  const emote = (t) => picture(emotes.get(t.slice(1, -1).toLowerCase()), large ? 56 : 28);
  const make = { text: (t) => t, mention: (t) => element("span", "ax-mention", t), link, emote };
  box.toggleAttribute("data-large", large);
  box.replaceChildren(...found.map(([kind, piece]) => make[kind](piece)));
}

/** Builds lines for one chat; `room` has part(name), strings, base, next, me, username, moderator, view, look(), toMe(data). */
export class Lines {
  #room;
  #clock;

  constructor(room) {
    this.#room = room;
    this.retime();
  }

  /** The hours are shown in another way from now on. */
  retime() {
    this.#clock = hours(this.#room.look().times, document.documentElement.lang || undefined);
  }

  /** A message, from the data of a `line` event. */
  message(data) {
    const line = this.#room.part("line");
    const mentions = new Set(data.mentions ?? []);
    Object.assign(line.dataset, { id: data.id ?? "", user: data.author.id ?? "", role: data.role });
    if (!data.removed && this.#room.toMe(data)) {
      line.dataset.mention = "";
      line.prepend(this.#room.part("tome"));
    }
    const name = line.querySelector(".ax-msg__name");
    name.firstElementChild.textContent = data.author.name;
    name.title = `@${data.author.username}`;
    name.dataset.hue = data.author.hue ?? 0;
    name.tabIndex = -1;
    if (data.author.id && this.#room.place !== "overlay") name.href = this.#card(data);
    else name.removeAttribute("href");
    if (data.role !== "member") line.querySelector(".ax-msg__badges").append(this.#room.part(data.role));
    if (data.author.bot) line.querySelector(".ax-msg__badges").append(this.#room.part("bot"));
    for (const badge of data.badges ?? []) line.querySelector(".ax-msg__badges").append(this.#badge(badge));
    if (data.accent) this.#announce(line, data.accent);
    if (data.reply) line.prepend(this.#quote(data.reply));
    write(line.querySelector(".ax-msg__text"), data.text, mentions, byCode(data.emotes));
    this.time(line, data.at);
    if (data.removed) this.remove(line, data.removed_by);
    return line;
  }

  /** Show the hour of a line in the reader's time zone. */
  time(line, at) {
    const time = line.querySelector(".ax-msg__time");
    if (!time || !at) return;
    time.dateTime = at;
    time.textContent = this.#clock.format(new Date(at));
  }

  /** Something that was done, for moderators. */
  system(text) {
    const line = this.#room.part("system");
    line.textContent = text;
    return line;
  }

  /** Strike a line for moderators, empty it for everyone else. */
  remove(line, by) {
    if (line.dataset.state === "deleted") return;
    line.dataset.state = "deleted";
    const { moderator, me, strings } = this.#room;
    const text = line.querySelector(".ax-msg__text");
    // the lines around it must not move under the eyes of who reads them
    if (line.isConnected) line.style.minBlockSize = `${line.getBoundingClientRect().height}px`;
    delete line.dataset.mention;
    line.querySelector(".ax-chat-tome")?.remove();
    if (moderator && text.hasChildNodes()) {
      line.append(" ", element("span", "ax-chat-note", strings.removedBy.replace("{by}", by)));
    } else {
      text.textContent = me && line.dataset.user === me ? strings.removedOwn : strings.removed;
    }
  }

  /** An emote was taken away: its code is left. */
  plain(line, emoteId) {
    for (const image of line.querySelectorAll(`img.ax-emote[src*="/${CSS.escape(emoteId)}/"]`)) {
      image.closest("picture").replaceWith(image.alt);
    }
  }

  /** Empty what stands of a removed line above answers to it. */
  unquote(quote) {
    quote.lastElementChild.textContent = this.#room.strings.removed;
  }

  #quote(reply) {
    const quote = this.#room.part("reply");
    Object.assign(quote.dataset, { reply: reply.id, of: reply.user ?? "" });
    quote.querySelector("bdi").textContent = reply.name;
    const { strings, view } = this.#room;
    const hidden = reply.removed ? strings.removed : view.hides(reply.user) ? strings.blocked : null;
    quote.lastElementChild.textContent = hidden ?? reply.text;
    return quote;
  }

  #badge({ label, icon }) {
    const badge = this.#room.part("badge");
    badge.title = label;
    Object.assign(badge.firstElementChild, { src: icon, alt: label });
    return badge;
  }

  #announce(line, accent) {
    line.dataset.accent = accent;
    const head = this.#room.part("accent");
    head.lastElementChild.textContent = this.#room.strings.accents[accent] ?? this.#room.strings.accents.note;
    line.prepend(head);
  }

  #card(data) {
    const { base, next } = this.#room;
    return `${base}/people/${data.author.id}?line=${data.id ?? ""}&next=${encodeURIComponent(next)}`;
  }
}
