/**
 * Telling somebody that they were named: a tone, and words for screen readers. Both are calm: one tone in two seconds,
 * one sentence in three, and what is said to oneself comes first. Nothing is told of what was missed for long.
 */
const TONE_EVERY = 2000; // ms
const WORDS_EVERY = 3000; // ms
const FRESH = 15_000; // ms; a line that is older was missed, not heard
const MOST_ALONE = 2; // lines that are read one by one
const LONGEST = 200; // characters of a message that are read

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export class Notices {
  #box;
  #strings;
  #look;
  #sound = null;
  #rang = 0;
  #waiting = [];
  #timer = 0;
  #said = 0;

  /** `box` is read aloud when its text changes; `look()` gives the choices `aloud` and `sound`. */
  constructor(box, strings, look) {
    this.#box = box;
    this.#strings = strings;
    this.#look = look;
  }

  /** A line of somebody else has come. */
  heard(data, toMe) {
    if (Date.now() - Date.parse(data.at) > FRESH) return;
    if (toMe && this.#look().sound === "on") this.#ring();
    const { aloud } = this.#look();
    if (aloud === "off" || (aloud === "mentions" && !toMe)) return;
    this.#waiting.push({ name: data.author.name, text: data.text.slice(0, LONGEST), toMe: Boolean(toMe) });
    this.#timer ||= setTimeout(() => this.#speak(), Math.max(0, this.#said + WORDS_EVERY - Date.now()));
  }

  /** Make the tone once, to hear how it sounds; a press of a hand allows the page to play later ones, too. */
  try() {
    this.#rang = 0;
    this.#ring();
  }

  close() {
    clearTimeout(this.#timer);
    this.#sound?.close();
    this.#sound = null;
  }

  #speak() {
    this.#timer = 0;
    this.#said = Date.now();
    const lines = this.#waiting.splice(0);
    const mine = lines.filter((line) => line.toMe);
    const rest = lines.filter((line) => !line.toMe);
    const { aloudLine, aloudToMe, aloudMany } = this.#strings;
    const parts = mine.slice(-MOST_ALONE).map((line) => fill(aloudToMe, line));
    if (rest.length > MOST_ALONE) parts.push(fill(aloudMany, { n: rest.length, ...rest.at(-1) }));
    else parts.push(...rest.map((line) => fill(aloudLine, line)));
    this.#box.replaceChildren(...parts.map((part) => Object.assign(document.createElement("span"), { textContent: `${part} ` })));
  }

  async #ring() {
    const now = Date.now();
    if (now - this.#rang < TONE_EVERY) return;
    this.#rang = now;
    this.#sound ??= new AudioContext();
    // a page on which nobody has pressed anything yet may not play: then it stays silent
    if (this.#sound.state === "suspended" && !navigator.userActivation?.hasBeenActive) return;
    await this.#sound.resume();
    const at = this.#sound.currentTime;
    this.#note(660, at);
    this.#note(880, at + 0.09);
  }

  #note(pitch, at) {
    const [tone, volume] = [this.#sound.createOscillator(), this.#sound.createGain()];
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(0.08, at + 0.01);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.16);
    tone.connect(volume).connect(this.#sound.destination);
    tone.start(at);
    tone.stop(at + 0.18);
  }
}
