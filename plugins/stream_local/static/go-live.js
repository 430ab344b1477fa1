/**
 * <ax-go-live>: the page on which a creator goes live from the browser. See sources in the files beside.
 *
 * data-api, data-topic, data-converter ("yes": WebM is taken), data-strings. data-state is one of setup, asking, denied,
 * ready, connecting, live, reconnecting, ended, unsupported; parts with data-when show in the states that they name.
 * `?encoder=webm` in the address takes the way of browsers without WebCodecs.
 */
import { PRESETS, list, openCamera, openMicrophone, openScreen, remember, remembered, stop } from "./devices.js";
import { abilities } from "./encoders.js";
import { Picture } from "./picture.js";
import { Sender } from "./sender.js";
import { Sound } from "./sound.js";
import { Clock } from "./timing.js";
import { type as webmType } from "./webm.js";

const ON_AIR = new Set(["connecting", "live", "reconnecting"]);
const METER = 80; // ms

class GoLive extends HTMLElement {
  #strings = JSON.parse(this.dataset.strings ?? "{}");
  #able = null;
  #clock = new Clock();
  #streams = { camera: null, screen: null, microphone: null };
  #picture = null;
  #sound = null;
  #sender = null;
  #began = 0;
  #ticker = 0;
  #metered = 0;
  #wake = null;
  #drawn = null; // the canvas as a stream, for a recorder

  async connectedCallback() {
    this.addEventListener("click", this);
    this.addEventListener("change", this);
    addEventListener("beforeunload", this);
    document.addEventListener("visibilitychange", this);
    this.#recall();
    await this.#find();
  }

  disconnectedCallback() {
    removeEventListener("beforeunload", this);
    document.removeEventListener("visibilitychange", this);
    this.#sender?.end();
    this.#release();
  }

  handleEvent(event) {
    if (event.type === "beforeunload") {
      if (ON_AIR.has(this.dataset.state)) event.preventDefault();
    } else if (event.type === "visibilitychange") {
      if (ON_AIR.has(this.dataset.state) && document.visibilityState === "visible") this.#stayAwake();
    } else if (event.type === "change") {
      this.#changed(event.target);
    } else {
      this[`do_${event.target.closest("[data-act]")?.dataset.act}`]?.();
    }
  }

  /** For tests: what is going on. */
  get sender() { return this.#sender; }

  // -- what this browser can do

  async #find() {
    const forced = new URLSearchParams(location.search).get("encoder") === "webm";
    const able = forced ? { video: false, audio: null } : await abilities();
    const frames = able.video && able.audio;
    if (!navigator.mediaDevices?.getUserMedia) return this.#show("unsupported", this.#strings.insecure);
    if (frames) this.#able = { mode: "frames", audio: able.audio };
    else if (this.dataset.converter === "yes" && webmType(true)) this.#able = { mode: "webm", audio: "opus" };
    else return this.#show("unsupported", this.dataset.converter === "yes" ? this.#strings.old : this.#strings.noffmpeg);
    this.dataset.mode = this.#able.mode;
    this.#show("setup", this.#strings.setup);
  }

  // -- choices

  #field(name) { return this.querySelector(`[name=${name}]:checked, select[name=${name}]`); }

  #choice() {
    const [source, quality, camera, microphone] = ["source", "quality", "camera", "microphone"]
      .map((name) => this.#field(name)?.value ?? "");
    return { source, quality, camera, microphone };
  }

  #recall() {
    const { source, quality } = remembered();
    const radio = source && this.querySelector(`[name=source][value="${CSS.escape(source)}"]`);
    if (radio) radio.checked = true;
    if (quality in PRESETS) this.#field("quality").value = quality;
  }

  async #changed(field) {
    remember({ ...remembered(), ...this.#choice() });
    if (!this.#sound) return;
    if (field.name === "microphone") await this.#guard(() => this.#plugMicrophone());
    else if (field.name === "camera") await this.#guard(() => this.#plugCamera());
    else if (!ON_AIR.has(this.dataset.state)) await this.do_prepare();
  }

  async #devices() {
    const { cameras, microphones } = await list();
    this.#options("camera", cameras, this.#streams.camera);
    this.#options("microphone", microphones, this.#streams.microphone);
  }

  #options(name, devices, stream) {
    const select = this.querySelector(`select[name=${name}]`);
    const keep = [...select.options].filter((option) => option.dataset.keep !== undefined);
    const named = devices.map(({ id, label }, index) => new Option(label || `${select.dataset.word} ${index + 1}`, id));
    select.replaceChildren(...named, ...keep);
    const id = stream?.getTracks()[0]?.getSettings().deviceId ?? remembered()[name] ?? "";
    if ([...select.options].some((option) => option.value === id)) select.value = id;
  }

  // -- sources

  get #size() { return PRESETS[this.#choice().quality] ?? PRESETS["720p30"]; }

  async do_prepare() {
    if (!this.#able || ON_AIR.has(this.dataset.state)) return;
    this.#show("asking", this.#strings.asking);
    this.#release();
    await this.#guard(async () => {
      const { source } = this.#choice();
      this.#sound = await Sound.open();
      if (source.includes("screen")) await this.#plugScreen();
      if (source.includes("camera")) await this.#plugCamera();
      await this.#plugMicrophone();
      if (source !== "audio") this.#makePicture();
      this.#sound.on((block) => this.#heard(block));
      await this.#devices();
      this.#show("ready", this.#strings.ready);
    });
  }

  /** Run what asks the browser for something; a refusal becomes a sentence with the next step. */
  async #guard(work) {
    try {
      await work();
    } catch (error) {
      this.#denied(error);
    }
  }

  #denied(error) {
    const words = { NotAllowedError: "denied", NotFoundError: "missing", NotReadableError: "busy" };
    const text = this.#strings[words[error.name]] ?? `${this.#strings.failed} (${error.message})`;
    if (ON_AIR.has(this.dataset.state)) return this.#say(text);
    this.#release();
    this.#show("denied", text);
  }

  async #plugCamera() {
    const { source, camera } = this.#choice();
    if (!source.includes("camera")) return;
    const fresh = await openCamera(camera || remembered().camera, this.#size);
    stop(this.#streams.camera);
    this.#streams.camera = fresh;
    this.#tracks();
  }

  async #plugScreen() {
    this.#streams.screen = await openScreen(this.#size);
    this.#sound.screen(this.#streams.screen);
    // the browser's own bar ends the sharing
    this.#streams.screen.getVideoTracks()[0].addEventListener("ended", () => this.#screenGone());
  }

  #screenGone() {
    this.#streams.screen = null;
    this.#sound?.screen(null);
    this.#tracks();
    if (ON_AIR.has(this.dataset.state)) this.#say(this.#strings.noscreen);
    else if (!this.#streams.camera) this.#show("setup", this.#strings.noscreen);
  }

  async #plugMicrophone() {
    const { microphone } = this.#choice();
    const wanted = microphone || remembered().microphone;
    const fresh = wanted === "none" ? null : await openMicrophone(wanted);
    stop(this.#streams.microphone);
    this.#streams.microphone = fresh;
    this.#sound.microphone(fresh);
  }

  #makePicture() {
    const main = (this.#streams.screen ?? this.#streams.camera).getVideoTracks()[0];
    const size = sizeWithin(main.getSettings(), this.#size);
    this.#picture = new Picture({
      ...size,
      clock: this.#clock,
      card: this.#strings.hidden,
      take: (frame) => (this.#sender ? this.#sender.take(frame) : frame.close()),
    });
    this.#picture.onchange = () => this.#preview();
    this.#tracks();
  }

  #tracks() {
    const of = (name) => this.#streams[name]?.getVideoTracks()[0] ?? null;
    this.#picture?.set({ camera: of("camera"), screen: of("screen") });
  }

  #preview() {
    const video = this.querySelector("video");
    const place = this.querySelector("[data-preview]");
    const composed = this.#picture?.composed ?? false;
    const stream = this.#streams.screen ?? this.#streams.camera;
    place.replaceChildren(...(composed ? [this.#picture.canvas] : []));
    video.hidden = composed || !stream;
    if (video.srcObject !== stream) video.srcObject = stream;
  }

  #release() {
    for (const stream of Object.values(this.#streams)) stop(stream);
    this.#streams = { camera: null, screen: null, microphone: null };
    this.#picture?.close();
    this.#sound?.close();
    stop(this.#drawn);
    this.#picture = this.#sound = this.#drawn = null;
    this.querySelector("video").srcObject = null;
    this.querySelector("[data-preview]").replaceChildren();
  }

  // -- sound

  #heard({ frame, channels, peak }) {
    const time = this.#clock.sound(frame);
    this.#sender?.hear(time, channels);
    this.#metered = Math.max(peak, this.#metered * 0.9);
    if (performance.now() - this.#drewMeter > METER) this.#meter();
  }

  #drewMeter = 0;

  #meter() {
    this.#drewMeter = performance.now();
    const decibels = 20 * Math.log10(Math.max(this.#metered, 1e-4));
    const share = Math.max(0, Math.min(100, (decibels + 60) * (100 / 60)));
    const meter = this.querySelector("[data-meter]");
    meter.style.setProperty("--v", `${share.toFixed(0)}%`);
    meter.dataset.level = decibels > -3 ? "hot" : decibels > -50 ? "on" : "quiet";
  }

  // -- going live

  async do_start() {
    if (!this.#sound || this.#sender) return;
    await this.#sound.resume();
    const { mode, audio } = this.#able;
    const size = this.#picture && { ...this.#size, width: this.#picture.canvas.width, height: this.#picture.canvas.height };
    this.#began = 0;
    this.#sender = new Sender({
      api: this.dataset.api,
      size,
      audio,
      mode,
      stream: mode === "webm" ? this.#recorded() : null,
      on: {
        state: (state) => this.#turned(state),
        kbps: (sent, aim) => this.#rate(sent, aim),
        over: (news) => this.#over(news),
      },
    });
    this.#ticker = setInterval(() => this.#time(), 500);
    this.#stayAwake();
  }

  /** What a recorder records: the picture as drawn, or the track as it is, and the mix. */
  #recorded() {
    const tracks = [...this.#sound.stream.getAudioTracks()];
    if (this.#picture) {
      this.#drawn = this.#picture.alwaysDrawn(this.#size.fps);
      tracks.push(...this.#drawn.getVideoTracks());
    }
    return new MediaStream(tracks);
  }

  #turned(state) {
    if (state === "live") this.#began ||= performance.now();
    this.#show(state, this.#strings[state]);
  }

  #over(news) {
    this.#close();
    this.#show("ended", news.detail || this.#strings.ended);
    this.dataset.reason = news.refused ? "refused" : "dismissed";
  }

  do_end() {
    if (!this.#sender) return;
    // the line goes on for a moment by itself
    this.#sender.end(this.#picture?.still());
    this.#close();
    this.#show("ended", this.#strings.ended);
    this.dataset.reason = "ended";
  }

  do_again() { return this.do_prepare(); }

  #close() {
    clearInterval(this.#ticker);
    this.#sender = null;
    this.#wake?.release().catch(() => {});
    this.#wake = null;
    this.#release();
  }

  do_mute() {
    if (!this.#sound) return;
    this.#sound.muted = !this.#sound.muted;
    this.#pressed("mute", this.#sound.muted);
  }

  do_hide() {
    if (!this.#picture) return;
    this.#picture.hidden = !this.#picture.hidden;
    this.#pressed("hide", this.#picture.hidden);
  }

  #pressed(act, yes) {
    this.querySelector(`[data-act=${act}]`).setAttribute("aria-pressed", String(yes));
  }

  async #stayAwake() {
    try {
      this.#wake = await navigator.wakeLock?.request("screen") ?? null;
    } catch {
      this.#wake = null; // low battery, or the page is not seen: then the screen may sleep
    }
  }

  // -- what is shown

  #show(state, text) {
    this.dataset.state = state;
    for (const part of this.querySelectorAll("[data-when]")) {
      part.hidden = !part.dataset.when.split(" ").includes(state);
    }
    const busy = ON_AIR.has(state);
    for (const field of this.querySelectorAll("[name=source], [name=quality]")) field.toggleAttribute("disabled", busy);
    if (state === "ready") { this.#pressed("mute", false); this.#pressed("hide", false); }
    if (state === "setup" && !navigator.mediaDevices.getDisplayMedia) this.#noScreens();
    this.querySelector("[data-act=hide]").disabled = this.#choice().source === "audio";
    this.#say(text);
  }

  #noScreens() {
    for (const input of this.querySelectorAll("[name=source][value*=screen]")) input.disabled = true;
  }

  #say(text) {
    const place = this.querySelector("[data-said]");
    if (place.textContent !== text) place.textContent = text ?? "";
  }

  #time() {
    const seconds = this.#began ? Math.floor((performance.now() - this.#began) / 1000) : 0;
    const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    const text = parts.map((part, index) => (index ? String(part).padStart(2, "0") : part)).join(":");
    this.querySelector("[data-time]").textContent = text;
  }

  #rate(sent, aim) {
    this.dataset.kbps = sent;
    const text = `${new Intl.NumberFormat(document.documentElement.lang || undefined).format(sent)} kb/s`;
    this.querySelector("[data-rate]").textContent = text;
    this.querySelector("[data-slow]").hidden = !this.#picture || aim >= this.#size.kbps * 0.85;
  }
}

/** The track's shape within the preset's box, upright where the track is, with even sides. */
function sizeWithin({ width = 1280, height = 720 }, box) {
  const [most, least] = [box.width, box.height];
  const [wide, high] = width >= height ? [most, least] : [least, most];
  const scale = Math.min(1, wide / width, high / height);
  const even = (value) => Math.max(2, Math.round((value * scale) / 2) * 2);
  return { width: even(width), height: even(height), fps: box.fps };
}

customElements.define("ax-go-live", GoLive);
