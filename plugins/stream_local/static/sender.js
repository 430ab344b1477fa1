/**
 * From picture and sound to the server: encoders (or a recorder), a line, and the pace between them.
 *
 * new Sender({api, picture, sound, stream, size, audio, mode, on}): mode "frames" | "webm"; picture and sound are hooked up
 *   by `take` and `hear`; on.state, on.over as of Line, on.kbps(sent, aim) once a second.
 */
import { Encoders } from "./encoders.js";
import { Pace } from "./pace.js";
import { Recorder } from "./webm.js";
import { Line } from "./wire.js";

const CHECK = 500; // ms

export class Sender {
  #options;
  #line;
  #pace;
  #encoders = null;
  #recorder = null;
  #timer;
  #counted = { at: performance.now(), bytes: 0 };
  #over = false;

  constructor(options) {
    const { size, audio, mode, stream } = options;
    this.#options = options;
    this.#pace = new Pace(size?.kbps ?? 160);
    const put = (kind, about, data) => this.#line.send(kind, about, data);
    const fail = (error) => this.#fail(error);
    if (mode === "frames") this.#encoders = new Encoders({ video: size, audio, put, fail });
    else this.#recorder = new Recorder({ stream, kbps: this.#pace.kbps, put, fail });
    this.#line = new Line({
      api: options.api,
      hello: () => ({ mode, video: Boolean(size), audio: mode === "webm" ? "opus" : audio, kbps: this.#pace.kbps }),
      on: {
        state: options.on.state,
        ready: ({ max_kbps: most }) => this.#ready(most),
        slower: () => this.#slower(),
        over: (news) => { this.#finish(); options.on.over(news); },
      },
    });
    this.#timer = setInterval(() => this.#check(), CHECK);
  }

  /** A picture that is to go out. */
  take(frame) {
    if (!this.#encoders || !this.#line.ready) return frame.close();
    this.#encoders.picture(frame, { skip: this.#pace.choked });
  }

  /** A block of sound that is to go out. */
  hear(time, channels) {
    if (this.#line.ready) this.#encoders?.sound(time, channels);
  }

  /** Send what was taken so far and `last`, a picture of this moment, so that picture and sound end together. */
  async end(last = null) {
    this.#over = true;
    clearInterval(this.#timer);
    if (last && this.#encoders && this.#line.ready) this.#encoders.picture(last, { last: true });
    else last?.close();
    await this.#encoders?.flush();
    this.#line.end();
    this.#finish();
  }

  /** Break the connection, to see it come back. */
  drop() { this.#line.drop(); }

  #ready(most) {
    this.#pace.limit(most * 0.9);
    this.#encoders?.restart();
    this.#recorder?.restart();
  }

  #slower() {
    this.#pace.slower(performance.now());
    this.#encoders?.pace(this.#pace.kbps);
  }

  #check() {
    const now = performance.now();
    this.#pace.check(this.#line.waiting, now);
    this.#encoders?.pace(this.#pace.kbps);
    const seconds = (now - this.#counted.at) / 1000;
    if (seconds < 0.95) return;
    const bytes = this.#line.sent;
    this.#options.on.kbps(Math.round(((bytes - this.#counted.bytes) * 8) / seconds / 1000), this.#pace.kbps);
    this.#counted = { at: now, bytes };
  }

  #fail(error) {
    if (this.#over) return;
    this.#line.end();
    this.#finish();
    this.#options.on.over({ detail: error?.message ?? String(error), refused: false });
  }

  #finish() {
    this.#over = true;
    clearInterval(this.#timer);
    this.#encoders?.close();
    this.#recorder?.close();
  }
}
