// A chat for programs: reads, writes, and goes on after a cut without a hole and without a line twice.
// Needs socket.io-client 4 (npm install socket.io-client). ../../realtime.md is the protocol.
//
//   node chat.mjs read  https://live.example nova            prints every line as JSON
//   AETHEX_TOKEN=aex_... node chat.mjs write https://live.example nova "Good evening"
import { pathToFileURL } from "node:url";
import { randomUUID } from "node:crypto";
import { io } from "socket.io-client";

const wait = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

export class Chat {
  // where we are in the topic: `last` is the number of the newest line that we have
  #last = null;
  #epoch = null;
  #joining = null;
  #later = [];

  /** `on` has line(data, seq), and if you like act(name, data), reload(), status(words). */
  static async open(site, slug, on, { token } = {}) {
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    const answer = await fetch(new URL(`/api/v1/channels/${slug}`, site), { headers });
    if (!answer.ok) throw new Error((await answer.json()).detail);
    return new Chat(site, (await answer.json()).id, on, token);
  }

  constructor(site, channel, on, token) {
    this.channel = channel;
    this.topic = `chat:${channel}`;
    this.on = on;
    // the client comes back by itself after every cut, each time a little later
    this.socket = io(site, {
      transports: ["websocket", "polling"], auth: token ? { token } : {},
      reconnectionDelay: 500, reconnectionDelayMax: 5000,
    });
    this.socket.on("connect", () => this.#join());
    this.socket.on("batch", ([topic, epoch, items]) => { if (topic === this.topic) this.#take(epoch, items); });
    // we were too slow and lines were left out: ask for them
    this.socket.on("gap", ([topic]) => { if (topic === this.topic) this.#join(); });
    this.socket.on("notice", ({ detail }) => on.status?.(detail));
    this.socket.on("closing", ({ reason }) => on.status?.(`closing: ${reason}`));
    this.socket.on("connect_error", (error) => this.#refused(error));
  }

  /** Send a message; resolves to its place. The same client_id again is the same message, so a retry is safe. */
  async write(text, { reply_to, client_id = randomUUID() } = {}) {
    for (;;) {
      const answer = await this.#ask("chat.send", { channel: this.channel, text, client_id, reply_to });
      if (answer.ok) return answer;
      if (!answer.problem.retry_after_s) throw new Error(answer.problem.detail);
      await wait(answer.problem.retry_after_s);
    }
  }

  close() {
    this.socket.disconnect();
  }

  async #ask(event, data) {
    for (;;) {
      try {
        return await this.socket.timeout(10_000).emitWithAck(event, data);
      } catch { // cut in between: whether it arrived nobody knows, so it is sent again
        if (!this.socket.active) throw new Error("The connection is closed.");
        await wait(0.5);
      }
    }
  }

  async #join() {
    const asked = (this.#joining = {});
    this.#later = [];
    const wish = { topic: this.topic, last: this.#last, epoch: this.#epoch };
    const answer = await this.#ask("subscribe", wish).catch(() => null);
    if (!answer || this.#joining !== asked) return; // closed, or another join has begun meanwhile
    this.#joining = null;
    if (!answer.ok) return this.on.status?.(answer.problem.detail);
    const known = this.#epoch === null || this.#epoch === answer.epoch;
    this.#epoch = answer.epoch;
    if (answer.reload || !known) {
      this.#last = answer.seq; // what lies between can't be had here: read the history by the API if you need it
      this.on.reload?.();
    } else {
      this.#last ??= answer.seq;
      this.#deliver(answer.missed);
      this.#last = Math.max(this.#last, answer.seq);
    }
    for (const [epoch, items] of this.#later.splice(0)) this.#take(epoch, items);
    this.on.status?.("joined");
  }

  #take(epoch, items) {
    if (this.#joining) this.#later.push([epoch, items]); // after what was missed
    else if (epoch !== this.#epoch) this.#join();
    else this.#deliver(items);
  }

  #deliver(items) {
    for (const [seq, name, data] of items) {
      if (seq <= this.#last) continue;
      this.#last = seq;
      if (name === "line") this.on.line(data, seq);
      else this.on.act?.(name, data);
    }
  }

  async #refused(error) {
    this.on.status?.(error.message);
    // after a refusal the client stops; with a time in it, it is worth another try
    if (!this.socket.active && error.data?.retry_after_s) {
      await wait(error.data.retry_after_s);
      this.socket.connect();
    }
  }
}

async function main([command, site, slug, text]) {
  const token = process.env.AETHEX_TOKEN;
  const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
  if (command === "read") {
    const line = (data, seq) => say({ seq, name: data.author.name, text: data.text });
    return Chat.open(site, slug, { line, status: (words) => say({ status: words }) }, { token });
  }
  if (command !== "write") throw new Error("usage: node chat.mjs read|write SITE CHANNEL [TEXT]");
  const chat = await Chat.open(site, slug, { line() {} }, { token });
  say({ seq: (await chat.write(text)).seq });
  chat.close();
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(process.argv.slice(2));
