/**
 * For browsers without WebCodecs: MediaRecorder's WebM in pieces, which the server converts.
 *
 * new Recorder({stream, kbps, put, fail}); recorder.restart() for a new connection; recorder.close().
 */
import { WEBM } from "./wire.js";

const SLICE = 200; // ms
const LARGEST = 900_000; // bytes of one message

/** The type to record as, or null where there is none that the server can read. */
export function type(video) {
  if (!("MediaRecorder" in window)) return null;
  const types = video ? ["video/webm;codecs=vp8,opus", "video/webm;codecs=h264,opus", "video/webm"]
    : ["audio/webm;codecs=opus", "audio/webm"];
  return types.find((one) => MediaRecorder.isTypeSupported(one)) ?? null;
}

export class Recorder {
  #options;
  #recorder = null;

  constructor(options) { this.#options = options; }

  /** Begin anew: a connection must start with WebM's header. */
  restart() {
    this.close();
    const { stream, kbps, put, fail } = this.#options;
    const video = stream.getVideoTracks().length > 0;
    const recorder = new MediaRecorder(stream, {
      mimeType: type(video),
      videoBitsPerSecond: kbps * 1000,
      audioBitsPerSecond: 128_000,
    });
    let order = Promise.resolve(); // pieces become bytes one after the other
    recorder.ondataavailable = ({ data }) => {
      order = order.then(async () => {
        const bytes = await data.arrayBuffer();
        if (recorder !== this.#recorder) return;
        for (let at = 0; at < bytes.byteLength; at += LARGEST) put(WEBM, { time: 0 }, bytes.slice(at, at + LARGEST));
      });
    };
    recorder.onerror = ({ error }) => fail(error);
    recorder.start(SLICE);
    this.#recorder = recorder;
  }

  close() {
    const recorder = this.#recorder;
    this.#recorder = null;
    if (recorder && recorder.state !== "inactive") recorder.stop();
  }
}
