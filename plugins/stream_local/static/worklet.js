/** Gathers the mixed sound in blocks of 20 ms: {frame: first sample's number, channels: [left, right], peak}. */
const BLOCK = 960; // samples at 48 kHz

class Blocks extends AudioWorkletProcessor {
  #filled = 0;
  #first = 0;
  #channels = [new Float32Array(BLOCK), new Float32Array(BLOCK)];

  process([input]) {
    const size = input[0]?.length ?? 128;
    for (let done = 0; done < size;) {
      if (!this.#filled) this.#first = currentFrame + done;
      const count = Math.min(size - done, BLOCK - this.#filled);
      this.#channels.forEach((channel, index) => {
        const source = input[index] ?? input[0]; // a microphone has one channel
        if (source) channel.set(source.subarray(done, done + count), this.#filled);
        else channel.fill(0, this.#filled, this.#filled + count);
      });
      this.#filled += count;
      done += count;
      if (this.#filled === BLOCK) this.#hand();
    }
    return true;
  }

  #hand() {
    let peak = 0;
    for (const sample of this.#channels[0]) peak = Math.max(peak, Math.abs(sample));
    const channels = this.#channels;
    this.port.postMessage({ frame: this.#first, channels, peak }, channels.map((channel) => channel.buffer));
    this.#channels = [new Float32Array(BLOCK), new Float32Array(BLOCK)];
    this.#filled = 0;
  }
}

registerProcessor("stream-local-blocks", Blocks);
