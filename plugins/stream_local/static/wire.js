/**
 * The connection to /ingest/web: ticket, hello, frames; comes back by itself with growing pauses.
 *
 * new Line({api, hello, on}): on.state("connecting" | "live" | "reconnecting"), on.ready({max_kbps}), on.slower(),
 *   on.over({detail, refused}) once, when it does not try again. Frames sent while it is not open are dropped.
 */
export const VIDEO_CONFIG = 1, VIDEO = 2, AUDIO_CONFIG = 3, AUDIO = 4, WEBM = 5;
const HEAD = 14;
const PAUSES = [500, 1000, 2000, 4000, 8000]; // ms, with some chance in them
const PATIENCE = 10_000; // ms for an answer
const FINAL = new Set([1008, 4400, 4403, 4409]);

/** A frame as the server reads it; `time` and `duration` in µs, `parts` are views or buffers. */
export function pack(kind, { time, duration = 0, key = false }, data) {
  const message = new Uint8Array(HEAD + data.byteLength);
  const view = new DataView(message.buffer);
  view.setUint8(0, kind);
  view.setUint8(1, key ? 1 : 0);
  view.setUint32(2, Math.round(duration));
  view.setBigUint64(6, BigInt(Math.max(0, Math.round(time))));
  message.set(ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data), HEAD);
  return message;
}

/** A refusal that trying again does not change. */
class Refused extends Error {}

export class Line {
  #options;
  #socket = null;
  #tries = 0;
  #timer = 0;
  #over = false;
  #said = null; // what the server said before it closed
  ready = false;
  sent = 0; // bytes

  constructor(options) {
    this.#options = options;
    this.#connect("connecting");
  }

  /** Bytes that wait in the browser. */
  get waiting() { return this.#socket?.bufferedAmount ?? 0; }

  send(kind, about, data) {
    if (!this.ready) return;
    const message = pack(kind, about, data);
    this.sent += message.byteLength;
    this.#socket.send(message);
  }

  /** Say goodbye and close. */
  end() {
    if (this.ready) this.#socket.send(JSON.stringify({ type: "end" }));
    this.#finish(null);
  }

  /** Break the connection as a bad network would; it comes back by itself. */
  drop() { this.#socket?.close(4000); }

  #finish(news) {
    if (this.#over) return;
    this.#over = true;
    this.ready = false;
    clearTimeout(this.#timer);
    this.#socket?.close(1000);
    if (news) this.#options.on.over(news);
  }

  async #connect(state) {
    this.#options.on.state(state);
    try {
      this.#open(await ticket(this.#options.api));
    } catch (error) {
      if (error instanceof Refused) this.#finish({ detail: error.message, refused: true });
      else this.#again();
    }
  }

  #open({ ticket: token, socket: path }) {
    if (this.#over) return;
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`);
    this.#socket = socket;
    this.#said = null;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(JSON.stringify({ type: "hello", version: 1, token, ...this.#options.hello() }));
    socket.onmessage = ({ data }) => this.#heard(JSON.parse(data));
    socket.onclose = ({ code, reason }) => { if (socket === this.#socket) this.#closed(code, reason); };
  }

  #heard(news) {
    if (news.type === "ready") {
      this.#tries = 0;
      this.ready = true;
      this.#options.on.ready(news);
      this.#options.on.state("live");
    } else if (news.type === "slower") {
      this.#options.on.slower();
    } else {
      this.#said = news;
    }
  }

  #closed(code, reason) {
    this.ready = false;
    if (this.#over) return;
    if (this.#said || FINAL.has(code)) {
      this.#finish({ detail: this.#said?.detail ?? reason, refused: this.#said?.type !== "dismissed" });
    } else {
      this.#again();
    }
  }

  #again() {
    if (this.#over) return;
    this.#options.on.state("reconnecting");
    const pause = PAUSES[Math.min(this.#tries, PAUSES.length - 1)];
    this.#tries += 1;
    this.#timer = setTimeout(() => this.#connect("reconnecting"), pause * (0.75 + Math.random() / 2));
  }
}

async function ticket(api) {
  const answer = await fetch(api, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: "{}",
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (answer.ok) return answer.json();
  const problem = await answer.json().catch(() => ({}));
  if (answer.status >= 500 || answer.status === 429) throw new Error(problem.detail);
  throw new Refused(problem.detail ?? String(answer.status));
}
