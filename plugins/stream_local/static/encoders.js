/**
 * WebCodecs: pictures to H.264, sound to AAC or Opus, each frame put on the line as soon as it is there.
 *
 * new Encoders({video: {width, height, fps, kbps} | null, audio: "aac" | "opus", put, fail})
 */
import { AUDIO, AUDIO_CONFIG, VIDEO, VIDEO_CONFIG } from "./wire.js";

const KEYFRAMES = 2_000_000; // µs
const BEHIND = 4; // frames that may wait in the encoder
const LAST = 1500; // ms for what is still inside at the end
const RATE = 48_000;
const SOUND = { sampleRate: RATE, numberOfChannels: 2, bitrate: 128_000 };

/** The H.264 level that a size needs, as the codec string has it; constrained baseline, which every decoder plays. */
function codec({ width, height, fps }) {
  const blocks = Math.ceil(width / 16) * Math.ceil(height / 16);
  const levels = [[1620, 40_500, "1E"], [3600, 108_000, "1F"], [5120, 216_000, "20"], [8192, 245_760, "28"]];
  const level = levels.find(([most, rate]) => blocks <= most && blocks * fps <= rate)?.[2] ?? "2A";
  return `avc1.42E0${level}`;
}

export function videoConfig(video) {
  return {
    codec: codec(video),
    width: video.width,
    height: video.height,
    framerate: video.fps,
    bitrate: video.kbps * 1000,
    latencyMode: "realtime",
    avc: { format: "avc" },
  };
}

/** What this browser can encode: {video: true | false, audio: "aac" | "opus" | null}. */
export async function abilities() {
  if (!("VideoEncoder" in window && "AudioEncoder" in window && "AudioWorkletNode" in window)) {
    return { video: false, audio: null };
  }
  const size = { width: 1280, height: 720, fps: 30, kbps: 2500 };
  const can = async (kind, config) => {
    try {
      return (await kind.isConfigSupported(config)).supported;
    } catch {
      return false;
    }
  };
  const video = await can(VideoEncoder, videoConfig(size));
  const aac = await can(AudioEncoder, { codec: "mp4a.40.2", ...SOUND });
  const opus = aac || await can(AudioEncoder, { codec: "opus", ...SOUND });
  return { video, audio: aac ? "aac" : opus ? "opus" : null };
}

/** The header of Opus, for browsers that give none: stereo, 312 samples of pre-skip. */
function opusHead() {
  const head = new DataView(new ArrayBuffer(19));
  "OpusHead".split("").forEach((letter, index) => head.setUint8(index, letter.charCodeAt(0)));
  head.setUint8(8, 1);
  head.setUint8(9, 2);
  head.setUint16(10, 312, true);
  head.setUint32(12, RATE, true);
  return new Uint8Array(head.buffer);
}

export class Encoders {
  #put;
  #fail;
  #video = null;
  #audio;
  #settings;
  #configs = new Map(); // kind -> the last one, for a new connection
  #lastKey = -Infinity;
  #closed = false;
  dropped = 0;

  constructor({ video, audio, put, fail }) {
    this.#put = put;
    this.#fail = fail;
    this.#settings = video;
    const error = (problem) => { if (!this.#closed) this.#fail(problem); };
    if (video) {
      this.#video = new VideoEncoder({ output: (chunk, about) => this.#picture(chunk, about), error });
      this.#video.configure(videoConfig(video));
    }
    this.#audio = new AudioEncoder({ output: (chunk, about) => this.#sound(chunk, about), error });
    const opus = { opus: { frameDuration: 20_000 } };
    this.#audio.configure(audio === "aac" ? { codec: "mp4a.40.2", ...SOUND } : { codec: "opus", ...SOUND, ...opus });
  }

  /** Encode a picture, which is closed; false when the encoder is behind and the picture was left out. */
  picture(frame, { skip = false, last = false } = {}) {
    if (this.#closed || skip || (!last && this.#video.encodeQueueSize > BEHIND)) {
      this.dropped += 1;
      frame.close();
      return false;
    }
    const key = frame.timestamp - this.#lastKey >= KEYFRAMES - 5000;
    if (key) this.#lastKey = frame.timestamp;
    this.#video.encode(frame, { keyFrame: key });
    frame.close();
    return true;
  }

  /** Encode a block of sound: two channels, at `time` µs. */
  sound(time, channels) {
    if (this.#closed) return;
    const size = channels[0].length;
    const data = new Float32Array(size * 2);
    data.set(channels[0]);
    data.set(channels[1], size);
    const block = new AudioData({
      format: "f32-planar",
      sampleRate: RATE,
      numberOfFrames: size,
      numberOfChannels: 2,
      timestamp: time,
      data,
    });
    this.#audio.encode(block);
    block.close();
  }

  /** The bitrate from now on. */
  pace(kbps) {
    if (!this.#video || this.#closed || this.#settings.kbps === kbps) return;
    this.#settings = { ...this.#settings, kbps };
    this.#video.configure(videoConfig(this.#settings));
    this.#lastKey = -Infinity;
  }

  /** A new connection: the settings again, then a keyframe. */
  restart() {
    for (const [kind, data] of this.#configs) this.#put(kind, { time: 0 }, data);
    this.#lastKey = -Infinity;
  }

  /** Take nothing more, and hand out what is still inside. */
  async flush() {
    this.#closed = true;
    const encoders = [this.#video, this.#audio].filter((encoder) => encoder?.state === "configured");
    const patience = new Promise((done) => { setTimeout(done, LAST); });
    await Promise.race([Promise.allSettled(encoders.map((encoder) => encoder.flush())), patience]);
  }

  close() {
    this.#closed = true;
    for (const encoder of [this.#video, this.#audio]) if (encoder && encoder.state !== "closed") encoder.close();
  }

  #configure(kind, time, description) {
    const data = description instanceof ArrayBuffer ? new Uint8Array(description) : bytes(description);
    this.#configs.set(kind, data.slice());
    this.#put(kind, { time }, data);
  }

  #picture(chunk, about) {
    const { timestamp: time, type } = chunk;
    if (about?.decoderConfig?.description) this.#configure(VIDEO_CONFIG, time, about.decoderConfig.description);
    this.#put(VIDEO, { time, duration: chunk.duration ?? 0, key: type === "key" }, copy(chunk));
  }

  #sound(chunk, about) {
    const { timestamp: time } = chunk;
    if (about?.decoderConfig && !this.#configs.has(AUDIO_CONFIG)) {
      this.#configure(AUDIO_CONFIG, time, about.decoderConfig.description ?? opusHead());
    }
    this.#put(AUDIO, { time, duration: chunk.duration ?? 0, key: true }, copy(chunk));
  }
}

function bytes(view) {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function copy(chunk) {
  const data = new Uint8Array(chunk.byteLength);
  chunk.copyTo(data);
  return data;
}
