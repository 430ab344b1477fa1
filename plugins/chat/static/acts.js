/**
 * What moderators' acts do to a page: cleared messages, warnings, shield mode, requests to be let in again; and what
 * the forms of these acts send over the socket.
 */
import { Problem } from "aethex/live";

const UNITS = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 };

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** "90s", "1h30m", "600" -> seconds; NaN for what is no length. */
export function secondsOf(text) {
  const word = text.trim().toLowerCase().replaceAll(" ", "");
  if (/^\d+$/.test(word)) return Number(word);
  if (!/^(\d+[smhdw])+$/.test(word)) return NaN;
  return [...word.matchAll(/(\d+)([smhdw])/g)].reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit], 0);
}

/** What each form of this module sends: fields, submitter, texts -> [event, data]. */
export const FORMS = {
  clear: ({ user }) => ["chat.clear", { user: user || null }],
  unnote: ({ note }) => ["chat.unnote", { note }],
  note: ({ user, text }) => ["chat.note", { user, text }],
  shield: ({ on }) => ["chat.shield", { on: on === "true" }],
  answer: ({ appeal, answer }, { formAction }) => ["chat.answer", { appeal, answer, approve: formAction.endsWith("/approve") }],
  warn: ({ user, reason }) => ["chat.warn", { user, reason }],
  ban: ({ user, reason, ban_for: length }) => ["chat.ban", { user, reason, seconds: Number(length) || null }],
  timeout: ({ user, reason, seconds, length = "" }, _, strings) => {
    const wanted = length.trim() ? secondsOf(length) : Number(seconds);
    if (Number.isNaN(wanted)) throw new Problem({ detail: strings.length });
    return ["chat.timeout", { user, reason, seconds: wanted }];
  },
};

/** Forms that stand in a list or card which stays open and is read again. */
export const STAYS = "[data-act=note], [data-act=unnote], [data-act=answer], [data-act=shield]";

/** The name of what a form does: several buttons of a form may do different things. */
export function actOf(form, submitter) {
  const [, name] = /\/(ban|warn)$/.exec(submitter?.formAction ?? "") ?? [];
  return name ?? form.dataset.act;
}

export class Acts {
  #root;
  #room;
  #tell;

  /** `tell(text)` is a line for moderators. */
  constructor(root, room, tell) {
    this.#root = root;
    this.#room = room;
    this.#tell = tell;
    root.querySelector("[data-acknowledge]")?.addEventListener("submit", (event) => this.#acknowledge(event));
  }

  /** Do what an act of the topic says; whether it was one of these. */
  hear(name, data) {
    const known = {
      cleared: () => this.#cleared(data), warned: () => this.#warned(data),
      acknowledged: () => this.#acknowledged(data), shield: () => this.#shield(data),
    };
    known[name]?.();
    return name in known;
  }

  #cleared({ user, name, by }) {
    const { log, lines, strings } = this.#room;
    for (const line of log.all) {
      const { id, user: author, kind } = line.dataset;
      if (!id || kind === "system" || (user && author !== user)) continue;
      lines.remove(line, by);
      for (const quote of log.quotesOf(id)) lines.unquote(quote);
    }
    this.#tell(fill(user ? strings.clearedPerson : strings.clearedAll, { name, by }));
  }

  #warned({ user, name, by }) {
    if (user === this.#room.me) this.#room.standing();
    this.#tell(fill(this.#room.strings.warned, { name, by }));
  }

  #acknowledged({ user, name }) {
    if (user === this.#room.me) this.warn(null);
    this.#tell(fill(this.#room.strings.acknowledged, { name }));
  }

  #shield({ on, by }) {
    this.#root.querySelector("[data-shield]").hidden = !on;
    this.#tell(fill(on ? this.#room.strings.shieldOn : this.#room.strings.shieldOff, { by }));
  }

  /** Show a warning ({id, reason, by}) in place of the field, or the field again. */
  warn(warning) {
    const box = this.#root.querySelector("[data-warning]");
    if (!box) return;
    box.hidden = !warning;
    if (warning) {
      const by = warning.by || this.#room.strings.aModerator;
      box.querySelector("[data-text]").textContent = fill(this.#room.strings.warnedYou, { by });
      box.querySelector("[data-reason]").textContent = warning.reason;
      box.querySelector("[name=warning]").value = warning.id;
    }
    this.#room.field();
  }

  async #acknowledge(event) {
    event.preventDefault();
    try {
      await this.#room.act("chat.acknowledge", { warning: event.target.elements.warning.value });
      this.warn(null);
      this.#room.composer?.focus();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.#room.say(problem.detail ?? this.#room.strings.failed);
      this.#room.standing();
    }
  }

  /** What became of a request of ours. */
  appealed({ approved, answer }) {
    if (!approved) this.#room.say(fill(this.#room.strings.appealDenied, { answer }));
  }
}
