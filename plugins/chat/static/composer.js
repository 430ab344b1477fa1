/**
 * The composer: a message is shown at once as pending, and what could not be sent keeps its text and its id, so that a
 * retry never makes a second message.
 */
import { Problem } from "aethex/live";
import { Recall } from "./recall.js";

const WARN = 0.8; // part of the limit from which the rest is counted

/** crypto.randomUUID is missing on pages without https. */
function newId() {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0"));
  return hex.join("");
}

export class Composer {
  #form;
  #box;
  #counter;
  #problem;
  #replyBar;
  #reply = null;
  #recall = new Recall();
  #pending = new Map();
  #room;
  #slow = 0;
  #free = 0;
  #ticking = null;

  /** `room` has part, strings, limit, lines, log, author, post(data) -> Promise. */
  constructor(form, room) {
    this.#room = room;
    this.#form = form;
    this.#box = form.querySelector("textarea");
    this.#counter = form.querySelector("[data-count]");
    this.#problem = form.querySelector("[data-problem]");
    this.#replyBar = form.querySelector("[data-reply]");
    this.#box.addEventListener("keydown", (event) => this.#key(event));
    this.#box.addEventListener("input", () => this.#measure());
    this.#replyBar.querySelector("button").addEventListener("click", () => this.answer(null));
    form.addEventListener("submit", (event) => { event.preventDefault(); this.#submit(); });
    this.#measure();
  }

  focus() {
    this.#box.focus();
  }

  /** From now on so many seconds lie between two messages of ours. */
  slow(seconds) {
    this.#slow = seconds;
    if (!seconds) this.#wait(0);
  }

  /** The button counts down; what is typed meanwhile stays. */
  #wait(seconds) {
    this.#free = Date.now() + seconds * 1000;
    clearInterval(this.#ticking);
    this.#ticking = seconds ? setInterval(() => this.#countdown(), 250) : null;
    this.#countdown();
  }

  #countdown() {
    const left = Math.ceil((this.#free - Date.now()) / 1000);
    const button = this.#form.querySelector(".ax-chat__send");
    const count = button.querySelector("[data-wait]");
    count.hidden = left <= 0;
    count.textContent = left > 0 ? left : "";
    button.toggleAttribute("data-waiting", left > 0);
    button.setAttribute("aria-disabled", left > 0);
    if (left <= 0) clearInterval(this.#ticking);
    if (left <= 0 && this.#problem.dataset.of === "slow") this.#refuse("");
  }

  /** Answer a line: {id, name, text}, or nothing any more. */
  answer(line) {
    this.#reply = line;
    this.#replyBar.hidden = !line;
    const text = line && this.#room.strings.replyingTo.replace("{name}", line.name).replace("{text}", line.text);
    this.#replyBar.querySelector("span").textContent = text ?? "";
    this.focus();
  }

  /** Put a name into the message. */
  mention(username) {
    const gap = this.#box.value && !/\s$/.test(this.#box.value) ? " " : "";
    this.#box.value += `${gap}@${username} `;
    this.#measure();
    this.focus();
  }

  /** The line of a message of ours has come: its pending one goes. */
  settle(clientId) {
    const line = this.#pending.get(clientId);
    if (!line) return false;
    this.#pending.delete(clientId);
    this.#room.log.drop(line);
    return true;
  }

  #key(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      this.#bringBack(event);
    } else if (event.key === "Escape" && this.#reply) {
      event.stopPropagation();
      this.answer(null);
    }
  }

  #bringBack(event) {
    const text = this.#recall.step(event.key, this.#box.value);
    if (text === null) return;
    event.preventDefault();
    this.#box.value = text;
    this.#measure();
  }

  #measure() {
    const used = [...this.#box.value.trim()].length;
    const { limit, strings } = this.#room;
    const over = used > limit;
    this.#counter.hidden = used < limit * WARN;
    this.#counter.textContent = limit - used;
    this.#counter.toggleAttribute("data-over", over);
    this.#refuse(over ? strings.over.replace("{n}", limit) : "");
    return over ? 0 : used;
  }

  #refuse(text, of = "") {
    this.#problem.dataset.of = of;
    this.#problem.hidden = !text;
    this.#problem.querySelector("span").textContent = text;
    if (text) this.#box.setAttribute("aria-invalid", "true");
    else this.#box.removeAttribute("aria-invalid");
  }

  #submit() {
    if (!this.#measure()) return;
    const left = Math.ceil((this.#free - Date.now()) / 1000);
    if (left > 0) return this.#refuse(this.#room.strings.slow.replace("{s}", left), "slow");
    const text = this.#box.value.trim().replace(/\s*\n\s*/g, " ");
    if (/^\/(?!\/)/.test(text)) return this.#order(text);
    const message = { text: this.#room.emotes?.spell(text) ?? text, reply: this.#reply, clientId: newId() };
    this.#recall.add(text);
    this.#box.value = "";
    this.answer(null);
    this.#measure();
    this.#send(message);
    this.#room.log.toEnd();
  }

  /** A command is never a line: its answer is for us alone, and what is refused stays in the field. */
  async #order(text) {
    this.#box.value = "";
    this.#recall.add(text);
    this.#measure();
    try {
      const { answer } = await this.#room.post({ text, client_id: newId() });
      this.#room.log.add(this.#room.lines.system(answer), { important: true });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.#box.value ||= text;
      this.#measure();
      this.#refuse(problem.detail ?? this.#room.strings.failed);
    }
    this.focus();
    this.#room.log.toEnd();
  }

  async #send(message) {
    const line = this.#show(message);
    const data = { text: message.text, client_id: message.clientId };
    if (message.reply) data.reply_to = message.reply.id;
    try {
      const { held } = await this.#room.post(data) ?? {};
      if (held && this.#pending.has(message.clientId)) this.#held(line);
      else delete line.dataset.state;
      if (this.#slow) this.#wait(this.#slow);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.type?.endsWith(":chat-slow")) this.#wait(problem.retry_after ?? this.#slow);
      // it may have arrived all the same: then its line came, and there is nothing to retry
      if (this.#pending.has(message.clientId)) this.#failed(line, message, problem);
    }
  }

  #show(message) {
    const { author, role } = this.#room;
    const line = this.#room.lines.message({ author, role, text: message.text, reply: message.reply });
    line.dataset.state = "sending";
    this.#pending.set(message.clientId, line);
    this.#room.log.add(line, { important: true });
    return line;
  }

  /** It is shown to its author alone until a moderator lets it through. */
  #held(line) {
    line.dataset.state = "held";
    line.append(" ", this.#room.part("held"));
  }

  /** A moderator decided against a message of ours: it stays in sight, struck out, until the page is left. */
  deny(clientId) {
    const line = this.#pending.get(clientId);
    if (!line) return;
    this.#pending.delete(clientId);
    line.dataset.state = "denied";
    line.querySelector(".ax-chat-note")?.replaceChildren(this.#room.strings.denied);
  }

  #failed(line, message, problem) {
    line.dataset.state = "failed";
    const note = this.#room.part("failed");
    const why = problem.detail ? ` ${problem.detail}` : "";
    note.querySelector("span").textContent = this.#room.strings.notSent + why;
    note.querySelector("[data-again]").addEventListener("click", () => {
      this.settle(message.clientId);
      this.#send(message);
    });
    note.querySelector("[data-drop]").addEventListener("click", () => {
      this.settle(message.clientId);
      this.focus();
    });
    line.append(" ", note);
  }
}
