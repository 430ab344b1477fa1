/**
 * One clock for both tracks. A camera's frames and an AudioContext's samples count from different zeros, and a sound
 * card's second is not quite ours. Sound keeps its own exact count, so that its samples follow without a gap; pictures
 * are moved, by a millisecond a frame at most, to where the sound is. All times are microseconds since shortly before
 * the first frame.
 */
const RATE = 48_000;
const BLOCK = 20_000; // µs of sound in a block
const WINDOW = 250; // blocks or frames over which the least delay counts
const JUMP = 300_000; // µs; more than that is no drift: the sound stood still for a while
const STEP = 1000; // µs by which a picture may be moved
const HEADROOM = 1_000_000;

/** The least delay of a window, as the best guess of the true distance of two clocks. */
class Least {
  #seen = 0;
  #least = Infinity;
  value = null;

  add(delay) {
    this.#least = Math.min(this.#least, delay);
    this.#seen += 1;
    if (this.value === null || delay < this.value) this.value = delay;
    if (this.#seen < WINDOW) return false;
    this.value = this.#least;
    this.clear();
    return true;
  }

  clear() {
    this.#seen = 0;
    this.#least = Infinity;
  }
}

export class Clock {
  #now;
  #zero;
  #base = null; // of sound: the time of sample 0
  #lag = new Least(); // how late blocks of sound come
  #shift = 0; // of pictures, towards the sound
  #capture = new Least(); // capture time to our time
  #offset = null;
  #last = 0;

  /** `now` gives milliseconds, as performance.now does. */
  constructor(now = () => performance.now()) {
    this.#now = now;
    this.#zero = now() * 1000 - HEADROOM;
  }

  /** This moment. */
  now() {
    return this.#now() * 1000 - this.#zero;
  }

  /** The time of a block of sound by its first sample's number. */
  sound(frame) {
    const now = this.now();
    const count = (frame / RATE) * 1e6;
    this.#base ??= now - BLOCK - count;
    const full = this.#lag.add(now - (this.#base + count + BLOCK));
    if (full && Math.abs(this.#lag.value) > JUMP) {
      this.#base += this.#lag.value;
      this.#lag = new Least();
      this.#shift = 0;
    }
    return Math.round(this.#base + count);
  }

  /** The time of a picture by its capture time in µs of whatever clock; later than the one before. */
  picture(captured) {
    const delay = this.now() - captured;
    this.#capture.add(delay);
    this.#offset = approach(this.#offset ?? delay, this.#capture.value, STEP);
    this.#shift = approach(this.#shift, this.#lag.value ?? 0, STEP);
    this.#last = Math.max(Math.round(captured + this.#offset - this.#shift), this.#last + STEP);
    return this.#last;
  }

  /** The time of a picture that was made just now. */
  filled() {
    this.#last = Math.max(Math.round(this.now() - this.#shift), this.#last + STEP);
    return this.#last;
  }

  /** Pictures come from another device from now on. */
  newSource() {
    this.#capture = new Least();
    this.#offset = null;
  }
}

function approach(value, goal, step) {
  // a first guess that was far too late is put right at once: nothing was seen of it for long
  if (goal < value) return Math.max(goal, value - 20 * step);
  return Math.min(goal, value + step);
}
