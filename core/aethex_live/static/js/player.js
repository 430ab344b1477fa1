/**
 * <ax-player>: a <video> that the server wrote, made into a live or recorded player.
 *
 * data-live, data-ll, data-plain, data-mp4, data-dvr, data-audio (addresses), data-dvr-window (s one can go back),
 * data-started, data-renew (where new addresses of what is not public come from), data-state (live|reconnecting|offline|ended|recording),
 * data-broadcast, data-recording (id), data-topic "channel:…" with data-last and data-epoch, data-seen (topic that counts
 * this viewer), data-autoplay="on|off", data-shortcuts="off", muted (a preview: never heard, nothing remembered),
 * data-strings (JSON: a sentence per state, "latency" with {s}, "retry" with {s}, "error" with {code}).
 * Inside: [data-message] [data-code] [data-retry-in] [data-latency] select[data-quality] input[data-rewind] a[data-recording-link] (data-href
 * with {id}), buttons data-act (see player-acts.js). Anywhere on the page: [data-when="live reconnecting"] shows in these
 * phases, [data-broadcast-title] [data-broadcast-category] time[data-broadcast-start] follow the broadcast, the event
 * `ax-phase` bubbles with detail {phase, broadcast}.
 */
import { acts, theatre } from "./player-acts.js";
import { Engine } from "./player-engine.js";
import { Follower, besides, plays, sourcesOf } from "./player-follow.js";
import { bindKeys } from "./player-keys.js";
import { keepPlace, startPlace } from "./player-memory.js";
import { keepFresh } from "./player-renew.js";
import { Rewind } from "./player-rewind.js";
import { Sound } from "./player-sound.js";
import * as view from "./player-view.js";

const SLOW = 300; // ms of waiting until the player says that it loads
const TICK = 1000; // ms between looks at latency and retry
const SAVE = 5; // ticks between notes of a recording's place
const DRAIN = 8000; // ms that the rest of an ended broadcast may take
const PATIENCE = 3; // failures in a row until the viewer hears of them
const OVER = ["offline", "ended", "connecting"];
const GONE = [401, 403, 404, 410];

export class Player extends HTMLElement {
  #engine;
  #sound;
  #follower;
  #stops = [];
  #sources = [];
  #phase = "live";
  #activity = "poster";
  #failure = null;
  #retryAt = 0;
  #draining = 0;
  #slow = 0;
  #listening = false; // the sound alone plays
  #ticks = 0;

  get video() { return this.querySelector("video"); }
  get live() { return "live" in this.dataset; }
  get preview() { return this.hasAttribute("muted"); }
  get phase() { return this.#phase; }
  get seekable() { return !this.live || this.rewind.room > 0; }

  /** Figures for tests and the curious: seconds and counts. */
  get stats() {
    const quality = this.video.getVideoPlaybackQuality?.() ?? {};
    const { latency, target, stats, source } = this.#engine;
    const [dropped, frames] = [quality.droppedVideoFrames ?? 0, quality.totalVideoFrames ?? 0];
    const state = { state: this.dataset.state, phase: this.#phase, source: source?.kind ?? null };
    return { ...state, ...stats, latency, target, dropped, frames };
  }

  connectedCallback() {
    if (!this.video) return;
    const { state } = this.dataset;
    this.strings = JSON.parse(this.dataset.strings || "{}");
    this.#phase = ["reconnecting", ...OVER].includes(state) ? state : this.live ? "live" : "recording";
    this.#sources = sourcesOf(this.dataset);
    this.#engine = new Engine(this.video, (failure) => this.#failed(failure));
    this.#sound = new Sound(this.video, this);
    this.rewind = new Rewind(this, this.#engine, (sources, options) => this.#play(sources, options));
    view.dress(this);
    this.#listen();
    if (this.live) this.#follower = new Follower(this);
    if (!this.preview && this.dataset.shortcuts !== "off") this.#stops.push(bindKeys(this));
    if (this.dataset.renew) this.#stops.push(keepFresh(this.dataset.renew, (sources) => this.#renewed(sources)));
    this.enter(this.#phase);
    if (!this.live) this.#beginRecording();
  }

  disconnectedCallback() {
    this.#savePlace();
    for (const stop of this.#stops.splice(0)) stop();
    this.#follower?.stop();
    this.#engine?.unload();
    theatre(this, false);
  }

  goLive() { if (!this.rewind.back()) this.#engine.goLive(); }
  retry() { this.#engine.retry(); }

  // --- what the channel does
  enter(phase, { broadcast = this.dataset.broadcast, sources = [] } = {}) {
    const fresh = broadcast !== this.dataset.broadcast;
    const back = this.#phase === "reconnecting" && phase === "live" && !fresh;
    this.#phase = phase;
    if (fresh) this.dataset.broadcast = broadcast;
    if (sources.length) this.#sources = sources;
    if (OVER.includes(phase)) this.#finish();
    else if (this.live && (fresh || !this.#engine.loaded)) this.#beginLive();
    else if (back) this.#engine.recover();
    this.#follower?.entered(phase);
    this.dispatchEvent(new CustomEvent("ax-phase", { bubbles: true, detail: { phase, broadcast } }));
    this.#show();
  }

  /** Other addresses of the same broadcast: only used where the old ones failed. */
  renew(sources) {
    if (!this.#failure || !sources.length || JSON.stringify(sources) === JSON.stringify(this.#sources)) return;
    this.#sources = sources;
    this.#beginLive();
  }

  /** The same media, with tokens that hold longer. */
  #renewed(sources) {
    Object.assign(this.dataset, besides(sources));
    this.#sources = plays(sources);
    this.#engine.refresh(sources);
  }

  offerRecording(recording) {
    if (recording.broadcast_id && recording.broadcast_id !== this.dataset.broadcast) return;
    view.showRecording(this, recording);
  }

  // --- beginning and ending
  get #wantsPlay() {
    const { autoplay } = this.dataset;
    return autoplay === "on" || (this.live && autoplay !== "off" && !navigator.connection?.saveData);
  }

  async #beginLive() {
    this.rewind.leave();
    this.#soundOnly(false);
    clearTimeout(this.#draining);
    this.#draining = 0;
    this.#failure = null;
    if (this.#sources.length && this.#wantsPlay) await this.#load(-1);
  }

  async #load(at) { await this.#play(null, { at }); }

  /** Play these sources, or those that we have for live. */
  async #play(sources, options) {
    this.#activity = "loading";
    this.#soundOnly(Boolean(options.listening));
    await this.#engine.load(sources ?? this.#sources, options);
    await this.#sound.start();
    this.#show();
  }

  /** Only the sound plays: the channel's picture shows through. */
  #soundOnly(on) {
    if (on !== this.#listening) this.toggleAttribute("data-sound", on);
    this.#listening = on;
  }

  /** A quality of the menu: -1 is automatic, "audio" the sound alone. */
  #choose(value) {
    if (value === "audio") {
      this.rewind.leave();
      this.video.removeAttribute("poster"); // the channel's own picture is behind it
      this.#play([{ url: this.dataset.audio, kind: "ll-hls" }], { listening: true });
    } else if (this.#listening) {
      this.#play(null, {}).then(() => { this.#engine.level = Number(value); });
    } else {
      this.#engine.level = Number(value);
    }
  }

  #beginRecording() {
    if (this.#wantsPlay) return this.#load(startPlace(this.dataset.recording));
    const warm = () => {
      if (!this.isConnected || this.#engine.loaded) return;
      this.#engine.load(this.#sources, { at: startPlace(this.dataset.recording), wait: true });
    };
    if (this.#sources.length && !navigator.connection?.saveData) (window.requestIdleCallback ?? setTimeout)(warm);
  }

  /** What was sent before the end is still shown. */
  #finish() {
    const { paused, ended } = this.video;
    const running = this.#phase === "ended" && this.#engine.loaded && !paused && !ended;
    if (running && this.rewind.on) return; // who went back sees it to its end
    if (!running) this.#close();
    else this.#draining ||= setTimeout(() => this.#close(), DRAIN);
  }

  #close() {
    for (const timer of [this.#draining, this.#slow]) clearTimeout(timer);
    this.#draining = this.#slow = 0;
    this.#failure = null;
    this.#activity = "poster";
    this.rewind.leave();
    if (document.pictureInPictureElement === this.video) document.exitPictureInPicture().catch(() => {});
    if (this.#engine.loaded) {
      this.#engine.unload();
      this.video.load();
    }
    this.#show();
  }

  // --- listening
  #on(target, name, handle) {
    target.addEventListener(name, handle);
    this.#stops.push(() => target.removeEventListener(name, handle));
  }

  #listen() {
    const { video } = this;
    this.#on(video, "play", () => this.#wanted());
    this.#on(video, "playing", () => this.#become("playing"));
    this.#on(video, "pause", () => { if (this.#activity === "playing") this.#become("paused"); this.#savePlace(); });
    this.#on(video, "waiting", () => { this.#slow ||= setTimeout(() => this.#lacks(), SLOW); });
    this.#on(video, "ended", () => this.#ran());
    this.#on(video, "volumechange", () => { this.#sound.changed(); this.#show(); });
    this.#on(this, "click", ({ target }) => acts[target.closest("[data-act]")?.dataset.act]?.(this));
    this.#on(this, "change", ({ target: { dataset, value } }) => { if ("quality" in dataset) this.#choose(value); });
    this.#on(document, "keydown", ({ key }) => { if (key === "Escape") theatre(this, false); });
    this.#on(window, "pagehide", () => this.#savePlace());
    const tick = setInterval(() => this.#tick(), TICK);
    this.#stops.push(() => [clearInterval(tick), clearTimeout(this.#slow), clearTimeout(this.#draining)]);
  }

  /** Someone wants to play. */
  #wanted() {
    if (!this.#sources.length || OVER.includes(this.#phase)) return;
    if (!this.#engine.loaded) return this.#load(this.live ? -1 : startPlace(this.dataset.recording));
    this.#engine.start();
    if (this.#activity === "poster") this.#become("loading");
  }

  #lacks() {
    if (this.#draining) this.#close();
    else this.#become("loading");
  }

  #become(activity) {
    clearTimeout(this.#slow);
    this.#slow = 0;
    this.#activity = activity;
    this.#show();
  }

  #ran() {
    if (!this.live) this.#become("paused");
    else if (this.#phase === "ended") this.#close();
    else this.enter("ended");
  }

  #failed(failure) {
    this.#failure = failure;
    this.rewind.failed(failure?.failures ?? 0);
    this.#retryAt = failure?.retry ? performance.now() + failure.retry * 1000 : 0;
    if (GONE.includes(failure?.status) && this.#phase !== "reconnecting") this.#follower?.look();
    this.#show();
  }

  #savePlace() {
    if (!this.live && this.video) keepPlace(this.dataset.recording, this.video);
  }

  #tick() {
    if (++this.#ticks % SAVE === 0 && !this.video.paused) this.#savePlace();
    this.#show();
  }

  // --- showing
  get #state() {
    const patient = this.#phase === "reconnecting" || !(this.#failure?.failures >= PATIENCE);
    if (OVER.includes(this.#phase) && !this.#draining && !this.rewind.on) return this.#phase;
    if (!patient) return "error";
    if (this.#phase === "reconnecting") return "reconnecting";
    if (this.#activity === "poster" || this.#activity === "loading") return this.#activity;
    if (!this.live) return "recording";
    return this.#engine.behind ? "behind" : "live";
  }

  #show() {
    const state = this.#state;
    view.showState(this, state, { failure: this.#failure, forced: this.#sound.forced });
    view.showLatency(this, this.#activity === "playing" && !OVER.includes(state) ? this.#engine.latency : null);
    view.showRetry(this, state === "error" ? (this.#retryAt - performance.now()) / 1000 : 0);
    const choice = { audio: this.live && this.dataset.audio, listening: this.#listening };
    view.showQualities(this, this.#engine.heights, this.#engine.level, choice);
    this.rewind.show();
  }
}

customElements.define("ax-player", Player);
