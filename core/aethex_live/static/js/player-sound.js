/** Sound of a player: the remembered volume, and a muted start where the browser wants a click before sound. */
import { keepVolume, volume } from "./player-memory.js";

export class Sound {
  forced = false; // we muted it, a person did not
  #video;
  #preview;

  constructor(video, { preview, live }) {
    const kept = preview ? { muted: true } : volume();
    this.#video = video;
    this.#preview = preview;
    this.forced = live && kept.muted === undefined;
    video.volume = kept.volume ?? 1;
    video.muted = kept.muted ?? live;
  }

  changed() {
    if (this.#preview) return;
    if (!this.#video.muted) this.forced = false;
    if (!this.forced) keepVolume(this.#video);
  }

  /** Play, without sound if that is the only way. */
  async start() {
    const video = this.#video;
    try {
      await video.play();
    } catch (error) {
      if (error.name !== "NotAllowedError" || video.muted) return;
      this.forced = true;
      video.muted = true;
      await video.play().catch(() => {});
    }
  }
}
