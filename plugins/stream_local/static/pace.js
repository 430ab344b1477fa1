/**
 * How much is sent: less when the network or the server does not keep up, slowly more again when it does.
 *
 * const pace = new Pace(kbps); pace.check(waitingBytes, now) every half second, pace.slower() when the server says so;
 *   pace.kbps is what to encode with, pace.choked whether pictures should be left out until less waits.
 */
const LEAST = 0.25; // of the wish
const DOWN = 0.75, UP = 1.12;
const FULL = 0.5; // s of media that may wait
const CHOKED = 2.0;
const REST = 2000; // ms between two steps down
const CALM = 15_000; // ms without a step before one up

export class Pace {
  #wish;
  #down = -Infinity;
  #last = 0;
  choked = false;

  constructor(kbps) {
    this.#wish = kbps;
    this.kbps = kbps;
  }

  /** At most so many kb/s: a limit of the server's. */
  limit(kbps) {
    this.#wish = Math.min(this.#wish, kbps);
    this.kbps = Math.min(this.kbps, this.#wish);
  }

  check(waiting, now) {
    const seconds = waiting / (this.kbps * 125);
    this.choked = seconds > (this.choked ? FULL : CHOKED);
    if (seconds > FULL) this.slower(now);
    else if (now - Math.max(this.#down, this.#last) > CALM && this.kbps < this.#wish) this.#set(this.kbps * UP, now);
  }

  slower(now) {
    if (now - this.#down < REST) return;
    this.#down = now;
    this.#set(this.kbps * DOWN, now);
  }

  #set(kbps, now) {
    this.#last = now;
    this.kbps = Math.round(Math.min(this.#wish, Math.max(this.#wish * LEAST, kbps)));
  }
}
