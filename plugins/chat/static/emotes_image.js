/**
 * Emotes in a message: where their codes stand, and their pictures. The patterns are those of emote_text.py;
 * the markup that of emote.html.
 */
const CODE = /:(?=([A-Za-z0-9]{2,24}):)/g;
const LARGE = 3; // so many emotes or emoji, and nothing else, are shown larger
const BASE = "[\\u00a9\\u00ae\\u203c\\u2049\\u2122\\u2139\\u2194-\\u21aa\\u231a-\\u23ff\\u24c2\\u25aa-\\u25fe\\u2600-\\u27bf\\u2934\\u2935\\u2b05-\\u2b55\\u3030\\u303d\\u3297\\u3299\\u{1f000}-\\u{1f1e5}\\u{1f200}-\\u{1faff}]";
const PART = `${BASE}(?:[\\ufe0e\\ufe0f]|[\\u{1f3fb}-\\u{1f3ff}])*(?:[\\u{e0020}-\\u{e007e}]+\\u{e007f})?`;
const EMOJI = new RegExp(`[0-9#*]\\ufe0f?\\u20e3|[\\u{1f1e6}-\\u{1f1ff}]{2}|${PART}(?:\\u200d${PART})*`, "gu");

/** [[start, end], …] of each `:code:` whose code in lower case is in `known` (a Map), none over another. */
export function codes(text, known) {
  const found = [];
  let free = 0;
  for (const match of known.size ? text.matchAll(CODE) : []) {
    if (match.index < free || !known.has(match[1].toLowerCase())) continue;
    free = match.index + match[1].length + 2;
    found.push([match.index, free]);
  }
  return found;
}

/** Emotes by their code in lower case. */
export function byCode(emotes = []) {
  return new Map(emotes.map((emote) => [emote.code.toLowerCase(), emote]));
}

/** How many emoji a text has that has nothing but them and spaces; NaN for others. */
function emojiAlone(text) {
  return text.replace(EMOJI, "").trim() ? NaN : (text.match(EMOJI) ?? []).length;
}

/** Whether pieces of a message are at most three emotes or emoji, and spaces. */
export function few(pieces) {
  const counts = pieces.map(([kind, text]) => (kind === "emote" ? 1 : kind === "text" ? emojiAlone(text) : NaN));
  const all = counts.reduce((sum, count) => sum + count, 0);
  return all > 0 && all <= LARGE;
}

export function address({ id }, size, still = "") {
  return `/p/chat/emotes/${id}/${size}${still}.webp`;
}

/** The address that fits who looks: the still one for those who want less motion. */
export function shown(emote, size) {
  const calm = emote.animated && matchMedia("(prefers-reduced-motion: reduce)").matches;
  return address(emote, size, calm ? "-still" : "");
}

/** What an element says, with the codes of emotes in the place of their pictures. */
export function words(element) {
  const copy = element.cloneNode(true);
  for (const image of copy.querySelectorAll("img.ax-emote")) image.closest("picture").replaceWith(image.alt);
  return copy.textContent;
}

function sources(emote, size, still) {
  return `${address(emote, size, still)}, ${address(emote, size * 2, still)} 2x`;
}

/** The picture of an emote {id, code, animated}; who wants less motion gets the still one. */
export function picture(emote, size = 28) {
  const box = document.createElement("picture");
  box.className = "ax-emote-box";
  if (emote.animated) {
    const still = document.createElement("source");
    box.append(Object.assign(still, { media: "(prefers-reduced-motion: reduce)", srcset: sources(emote, size, "-still") }));
  }
  const text = `:${emote.code}:`;
  const image = document.createElement("img");
  // lazy before src: else the browser asks for it at once
  Object.assign(image, { className: "ax-emote", loading: "lazy", decoding: "async", width: size, height: size, alt: text, title: text });
  Object.assign(image, { srcset: sources(emote, size, ""), src: address(emote, size) });
  box.append(image);
  return box;
}
