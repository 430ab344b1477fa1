/**
 * Going back while live: another playlist, that of the last hours, in place of the low-latency one; and back to live.
 *
 * The bar is input[data-rewind]: its value is minus the seconds behind live. Both playlists play through one engine.
 */
import { clock } from "./time.js";

const EDGE = 10; // s behind live that still are live: nearer to it whole segments are not there yet
const FIRST = 20; // s that the first step back goes at least, and what there must be before the bar is shown
const MOST_LOST = 3; // failures until we give up and go to live

export class Rewind {
  on = false;
  #player;
  #engine;
  #load;
  #held = false; // a person has the bar in hand
  #last = 0; // s behind, as last known

  /** `load(sources, options)` makes the player play these instead. */
  constructor(player, engine, load) {
    this.#player = player;
    this.#engine = engine;
    this.#load = load;
    const { bar } = this;
    bar?.addEventListener("input", () => { this.#held = true; this.#say(-bar.value); });
    bar?.addEventListener("change", () => { this.#held = false; this.to(-bar.value); });
  }

  get bar() { return this.#player.querySelector("input[data-rewind]"); }
  get url() { return this.#player.dataset.dvr || ""; }

  /** Seconds that one can go back now. */
  get room() {
    const began = Date.parse(this.#player.dataset.started ?? "");
    const all = Number(this.#player.dataset.dvrWindow || 0);
    return this.url && began ? Math.max(0, Math.min(all, (Date.now() - began) / 1000)) : 0;
  }

  get behind() { return this.on ? this.#engine.latency ?? this.#last : 0; }

  /** Play what was `behind` seconds ago. */
  to(behind) {
    const wanted = Math.min(behind, this.room);
    if (wanted < EDGE) return this.back();
    this.#last = wanted;
    if (this.on && this.#engine.latency !== null) {
      this.#player.video.currentTime += this.#engine.latency - wanted;
    } else {
      this.on = true;
      this.#load([{ url: this.url, kind: "hls" }], { behind: wanted });
    }
    this.show();
  }

  /** So many seconds on, or back if negative. */
  by(seconds) {
    if (this.on) this.to(this.behind - seconds);
    else if (seconds < 0 && this.room > FIRST) this.to(Math.max(FIRST, (this.#engine.latency ?? 0) - seconds));
  }

  /** Back to live. False where we are already. */
  back() {
    if (!this.on) return false;
    this.leave();
    this.#load(null, {});
    return true;
  }

  /** The broadcast is another one, or over: what we were in is gone. */
  leave() {
    this.on = false;
    this.#held = false;
    this.show();
  }

  /** It can't be had: recording stopped, or it was never begun. Live is still there. */
  failed(failures) {
    if (this.on && failures >= MOST_LOST) this.back();
  }

  show() {
    const { bar, room } = this;
    if (!bar) return;
    bar.hidden = room < FIRST;
    bar.min = String(-Math.floor(room));
    if (!this.#held) bar.value = String(-Math.round(this.behind));
    if (!this.#held) this.#say(this.behind);
  }

  #say(behind) {
    const { bar } = this;
    const text = behind < EDGE ? this.#player.strings.edge ?? "" : `−${clock(behind)}`;
    if (bar.getAttribute("aria-valuetext") === text) return;
    bar.setAttribute("aria-valuetext", text);
    bar.title = text;
  }
}
