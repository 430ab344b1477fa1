/**
 * Emotes in a message: where their codes stand, and their pictures. The pattern is that of emote_text.py, ASCII only;
 * the markup that of emote.html.
 */
const CODE = /:(?=([A-Za-z0-9]{2,24}):)/g;
const LARGE = 3; // so many emotes, and nothing else, are shown larger

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

/** Whether pieces of a message are at most three emotes, and spaces. */
export function few(pieces) {
  const count = pieces.filter(([kind]) => kind === "emote").length;
  return count > 0 && count <= LARGE && pieces.every(([kind, text]) => kind === "emote" || !text.trim());
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
