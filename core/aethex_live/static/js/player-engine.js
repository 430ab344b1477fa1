/** Plays a list of addresses on a <video>: hls.js where it runs, the browser's own HLS else; retries, falls back. */
const MPEGURL = "application/vnd.apple.mpegurl";
const PAUSES = [1, 2, 4, 8, 15]; // s between tries
const CONFIG = {
  lowLatencyMode: true,
  maxLiveSyncPlaybackRate: 1.3, // hls.js has 1, which never catches up
  backBufferLength: 30, // s; hls.js keeps everything
  liveSyncOnStallIncrease: 0.5, // s; hls.js has 1, too dear at 1.5 s from camera to screen
};

// who went back stays where they are: no hurry, no jump, no parts
const BACK = { lowLatencyMode: false, maxLiveSyncPlaybackRate: 1, liveSyncOnStallIncrease: 0 };
const TOKEN = /\/t\.[\w=-]+\//; // in addresses of what is not public

export class Engine {
  stats = { stalls: 0, errors: 0, fatal: 0 };
  #video;
  #tell; // called with {code, status, retry, failures} when media can't come, with null when it flows again
  #hls = null;
  #sources = [];
  #index = 0;
  #failures = 0;
  #broken = "";
  #timer;
  #round = 0; // tells a late import from the load that is wanted now
  #waits = false;
  #at = -1;
  #behind = 0; // s behind live to begin at
  #token = "";

  constructor(video, tell) {
    this.#video = video;
    this.#tell = tell;
    video.addEventListener("error", () => this.#nativeError());
  }

  get loaded() { return this.#sources.length > 0; }
  get source() { return this.#sources[this.#index]; }
  get latency() { return this.#hls?.latestLevelDetails?.live ? this.#hls.latency : null; }
  get target() { return this.#hls?.targetLatency ?? null; }
  get behind() { return this.#behind > 0 || (this.target > 0 && this.latency > 2 * this.target); }
  get heights() { return (this.#hls?.levels ?? []).map((level) => level.height); }
  get level() { return this.#hls?.autoLevelEnabled === false ? this.#hls.nextLevel : -1; }
  set level(index) { if (this.#hls) this.#hls.nextLevel = index; }

  /**
   * Play the first of `sources` [{url, kind}] that works, from `at` seconds on, or `behind` seconds behind live;
   * `wait`: no media until start().
   */
  async load(sources, { at = -1, wait = false, behind = 0 } = {}) {
    this.unload();
    this.#sources = sources;
    this.#behind = behind;
    this.#token = "";
    await this.#open(at, wait);
  }

  /** The same media at addresses with a new token; what plays goes on. */
  refresh(sources) {
    const token = TOKEN.exec(sources[0]?.url ?? "")?.[0];
    if (!token || !this.loaded) return;
    this.#token = token;
    this.#sources = this.#sources.map((source) => ({ ...source, url: this.#fresh(source.url) }));
  }

  #fresh(url) { return this.#token ? url.replace(TOKEN, this.#token) : url; }

  start() {
    if (!this.#waits) return;
    this.#waits = false;
    this.#hls?.startLoad(this.#at);
  }

  unload() {
    clearTimeout(this.#timer);
    this.#close();
    this.#sources = [];
    this.#index = this.#failures = 0;
  }

  goLive() {
    const { seekable } = this.#video;
    const end = seekable.length ? seekable.end(seekable.length - 1) : null;
    const edge = this.#hls?.liveSyncPosition ?? end;
    if (edge !== null) this.#video.currentTime = edge;
  }

  /** The creator's line broke, not the viewer's: come back at once, and forget the stalls that moved us off live. */
  recover() {
    const details = this.#hls?.latestLevelDetails;
    const target = details?.partHoldBack || details?.holdBack;
    if (target) this.#hls.targetLatency = target;
    if (this.#failures) this.retry();
  }

  /** Try again now: with the next address if this one failed twice or never began, else where we were. */
  retry() {
    clearTimeout(this.#timer);
    if (!this.loaded) return;
    const hopeless = this.#failures > 1 || (this.#failures && this.#hls && !this.#hls.latestLevelDetails);
    const next = hopeless && this.#index + 1 < this.#sources.length;
    if (next) this.#index += 1;
    if (next || !this.#hls || this.#broken === "mediaError") this.#open(this.#place(), false);
    else if (this.#hls.latestLevelDetails) this.#hls.startLoad(-1);
    else this.#hls.loadSource(this.source.url);
  }

  #place() {
    return this.latency === null && this.#video.currentTime > 0 ? this.#video.currentTime : this.#at;
  }

  #close() {
    this.#round += 1;
    this.#hls?.destroy();
    this.#hls = null;
    this.#video.querySelectorAll("source").forEach((source) => source.remove());
    this.#video.removeAttribute("src");
  }

  async #open(at, wait) {
    const ran = !this.#video.paused; // another address stops the element
    this.#close();
    this.#at = at;
    this.#waits = wait;
    const round = this.#round;
    let Hls = null;
    try {
      if (this.source.kind !== "mp4") Hls = (await import("hls.js")).default;
    } catch {
      return round === this.#round && this.#failed("loader", null);
    }
    if (round === this.#round) this.#attach(Hls, ran);
  }

  #attach(Hls, ran) {
    const runs = ran || !this.#video.paused; // someone may have pressed play meanwhile
    // asked first: Chromium's own HLS says "maybe", but has neither low latency nor a seekable range
    if (Hls?.isSupported()) this.#through(Hls);
    else if (!Hls || this.#video.canPlayType(MPEGURL)) this.#native();
    else this.#tell({ code: "unsupported", status: null, retry: 0, failures: Infinity });
    if (runs) this.#video.play().catch(() => {});
  }

  #native() {
    this.#video.src = this.source.url;
    if (this.#at > 0) this.#video.currentTime = this.#at; // without metadata yet it is the place to start from
  }

  #through(Hls) {
    const place = this.#behind ? { ...BACK, liveSyncDuration: this.#behind } : { startPosition: this.#at };
    const renew = (xhr, url) => { if (this.#fresh(url) !== url) xhr.open("GET", this.#fresh(url), true); };
    const hls = new Hls({ ...CONFIG, ...place, autoStartLoad: !this.#waits, xhrSetup: renew });
    this.#hls = hls;
    hls.on(Hls.Events.ERROR, (_, data) => this.#hlsError(data));
    hls.on(Hls.Events.FRAG_BUFFERED, () => this.#flows());
    hls.loadSource(this.source.url);
    hls.attachMedia(this.#video);
  }

  #flows() {
    if (!this.#failures) return;
    this.#failures = 0;
    this.#broken = "";
    this.#tell(null);
  }

  #hlsError(data) {
    if (data.details === "bufferStalledError") this.stats.stalls += 1;
    else this.stats.errors += 1;
    if (!data.fatal) return;
    this.stats.fatal += 1;
    if (data.type === "mediaError" && !this.#failures) {
      this.#failures = 1;
      const runs = !this.#video.paused;
      this.#hls.recoverMediaError();
      if (runs) this.#video.play().catch(() => {});
      return;
    }
    this.#broken = data.type;
    this.#failed(data.details, data.response?.code || null);
  }

  #nativeError() {
    if (this.#hls || !this.loaded || !this.#video.error || !this.#video.currentSrc) return;
    this.stats.errors += 1;
    this.stats.fatal += 1;
    this.#broken = "mediaError";
    this.#failed(`media-${this.#video.error.code}`, null);
  }

  #failed(code, status) {
    const pause = PAUSES[Math.min(this.#failures, PAUSES.length - 1)] * (0.8 + Math.random() * 0.4);
    this.#failures += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.retry(), pause * 1000);
    this.#tell({ code, status, retry: pause, failures: this.#failures });
  }
}
