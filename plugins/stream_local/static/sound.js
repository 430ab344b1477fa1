/**
 * The sound that goes out: microphone and screen mixed at 48 kHz, whatever the devices give. (A microphone of 44.1 kHz
 * given to an encoder of 48 kHz ends the sound without a word.)
 *
 * const sound = await Sound.open(); sound.on(({frame, channels, peak}) => …) every 20 ms; sound.microphone(stream | null);
 *   sound.screen(stream | null); sound.muted = true; sound.stream is the mix as a MediaStream; sound.close().
 */
const RATE = 48_000;

export class Sound {
  #context;
  #node;
  #gains;
  #sources = { microphone: null, screen: null };
  #out;

  static async open() {
    const context = new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
    await context.audioWorklet.addModule(new URL("./worklet.js", import.meta.url));
    return new Sound(context);
  }

  constructor(context) {
    this.#context = context;
    this.#node = new AudioWorkletNode(context, "stream-local-blocks", { channelCount: 2, channelCountMode: "explicit" });
    this.#out = context.createMediaStreamDestination();
    this.#gains = { microphone: context.createGain(), screen: context.createGain() };
    for (const gain of Object.values(this.#gains)) {
      gain.connect(this.#node);
      gain.connect(this.#out);
    }
    // it gives out silence; without a listener the browser would not run it
    this.#node.connect(context.destination);
    this.resume();
  }

  get stream() { return this.#out.stream; }

  get running() { return this.#context.state === "running"; }

  resume() { return this.#context.resume(); }

  on(take) { this.#node.port.onmessage = ({ data }) => take(data); }

  microphone(stream) { this.#plug("microphone", stream); }

  screen(stream) { this.#plug("screen", stream); }

  get muted() { return this.#gains.microphone.gain.value === 0; }

  set muted(yes) { this.#gains.microphone.gain.value = yes ? 0 : 1; }

  #plug(name, stream) {
    this.#sources[name]?.disconnect();
    const audible = stream?.getAudioTracks().length > 0;
    this.#sources[name] = audible ? this.#context.createMediaStreamSource(stream) : null;
    this.#sources[name]?.connect(this.#gains[name]);
  }

  close() {
    this.#node.port.onmessage = null;
    return this.#context.close();
  }
}
