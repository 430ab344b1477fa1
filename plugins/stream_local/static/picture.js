/**
 * The picture that goes out: camera, screen, or the camera over the screen; a card while it is hidden.
 *
 * new Picture({width, height, fps, clock, take, card}): take(VideoFrame) with the time of the clock, at most fps a second
 *   and at least five. picture.set({camera, screen}) tracks or null; picture.hidden = true hides the camera;
 *   picture.canvas is what is drawn when there is something to draw (`composed`).
 */
const LEAST = 180; // ms after which a picture is sent again: a still screen gives no frames
const INSET = 0.26; // width of the camera over the screen
const MARGIN = 0.02;

export class Picture {
  #options;
  #context;
  #readers = {};
  #latest = { camera: null, screen: null };
  #ticker = new Worker(new URL("./ticker.js", import.meta.url));
  #sent = -Infinity; // ms
  #closed = false;
  #hidden = false;
  #always = false;
  canvas = document.createElement("canvas");
  onchange = () => {};

  constructor(options) {
    this.#options = options;
    Object.assign(this.canvas, { width: options.width, height: options.height });
    this.#context = this.canvas.getContext("2d", { alpha: false });
    this.#ticker.onmessage = () => this.#tick();
    this.#draw();
  }

  get hidden() { return this.#hidden; }

  set hidden(yes) {
    this.#hidden = yes;
    this.onchange();
    this.#emit();
  }

  /** Whether what goes out is drawn here rather than taken from a track as it is. */
  get composed() {
    return this.#always || this.#hidden || Boolean(this.#readers.camera) === Boolean(this.#readers.screen);
  }

  /** The canvas as a stream, drawn from now on whatever the sources are: for a recorder. */
  alwaysDrawn(fps) {
    this.#always = true;
    this.onchange();
    return this.canvas.captureStream(fps);
  }

  set({ camera = null, screen = null }) {
    this.#exchange("camera", camera);
    this.#exchange("screen", screen);
    this.#options.clock.newSource();
    this.onchange();
  }

  close() {
    this.#closed = true;
    this.#ticker.terminate();
    this.set({});
  }

  #exchange(name, track) {
    if (this.#readers[name]?.track === track) return;
    this.#readers[name]?.stop();
    this.#keep(name, null);
    this.#readers[name] = track ? reader(track, (frame) => this.#arrived(name, frame)) : null;
  }

  #keep(name, frame) {
    this.#latest[name]?.close();
    this.#latest[name] = frame;
  }

  #arrived(name, frame) {
    if (this.#closed || !this.#readers[name]) return frame.close();
    this.#keep(name, frame);
    // with two of them the screen's frames, or else the camera's, beat the time; #tick fills what is left
    const soon = performance.now() - this.#sent < 1000 / this.#options.fps - 6;
    if (!soon && !(name === "camera" && this.#hidden && !this.#readers.screen)) this.#emit(frame.timestamp);
  }

  #tick() {
    if (!this.#closed && performance.now() - this.#sent > LEAST) this.#emit();
  }

  /** What is to be seen now, as a frame; null when there is nothing. `captured` in µs when it is a fresh one. */
  still(captured) {
    const { clock } = this.#options;
    const only = this.composed ? null : this.#latest.screen ?? this.#latest.camera;
    if (this.#closed || (!this.composed && !only)) return null;
    const direct = only && fits(only, this.canvas);
    if (!direct) this.#draw();
    const fresh = captured !== undefined && !this.composed;
    const timestamp = fresh ? clock.picture(captured) : clock.filled();
    return new VideoFrame(direct ? only : this.canvas, { timestamp });
  }

  #emit(captured) {
    const frame = this.still(captured);
    if (!frame) return;
    this.#sent = performance.now();
    this.#options.take(frame);
  }

  #draw() {
    const { width, height } = this.canvas;
    const { camera, screen } = this.#latest;
    this.#context.fillStyle = "#0d1017";
    this.#context.fillRect(0, 0, width, height);
    if (screen) contain(this.#context, screen, [0, 0, width, height]);
    if (camera && !this.#hidden) {
      if (screen) contain(this.#context, camera, corner(camera, width, height));
      else contain(this.#context, camera, [0, 0, width, height]);
    }
    if (!screen && this.#hidden) this.#card(width, height);
  }

  #card(width, height) {
    const pen = this.#context;
    pen.fillStyle = "#9aa4b8";
    pen.font = `600 ${Math.round(height / 16)}px system-ui, sans-serif`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(this.#options.card, width / 2, height / 2, width * 0.9);
  }
}

const sizeOf = (frame) => [frame.displayWidth, frame.displayHeight];

/** Whether a frame has the shape of what goes out; the encoder scales, but it does not keep shapes. */
function fits(frame, { width, height }) {
  const [wide, high] = sizeOf(frame);
  return Math.abs(wide / high - width / height) < 0.02;
}

function contain(pen, frame, [left, top, width, height]) {
  const [wide, high] = sizeOf(frame);
  const scale = Math.min(width / wide, height / high);
  const [w, h] = [wide * scale, high * scale];
  pen.drawImage(frame, left + (width - w) / 2, top + (height - h) / 2, w, h);
}

function corner(frame, width, height) {
  const [wide, high] = sizeOf(frame);
  const w = width * INSET;
  const h = (w / wide) * high;
  const gap = width * MARGIN;
  return [width - w - gap, height - h - gap, w, h];
}

/** Reads a track's frames: by MediaStreamTrackProcessor, or where there is none from a hidden <video>. */
function reader(track, take) {
  return "MediaStreamTrackProcessor" in window ? streamReader(track, take) : elementReader(track, take);
}

function streamReader(track, take) {
  const source = new MediaStreamTrackProcessor({ track }).readable.getReader();
  let going = true;
  (async () => {
    while (going) {
      const { value, done } = await source.read();
      if (done) return;
      if (going) take(value);
      else value.close();
    }
  })().catch(() => { going = false; }); // the track was taken away: its own "ended" tells the page
  return { track, stop: () => { going = false; source.cancel().catch(() => {}); } };
}

function elementReader(track, take) {
  const element = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
  let going = true;
  const next = () => {
    if (!going) return;
    take(new VideoFrame(element, { timestamp: Math.round(performance.now() * 1000) }));
    element.requestVideoFrameCallback(next);
  };
  element.srcObject = new MediaStream([track]);
  element.play().then(() => element.requestVideoFrameCallback(next), () => {});
  return { track, stop: () => { going = false; element.srcObject = null; } };
}
