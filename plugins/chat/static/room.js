/**
 * <ax-chat>: brings the chat that the server rendered to life: history goes on live, messages are sent at once, acts of
 * moderators are shown as they happen. Texts come from data-strings, templates from the page.
 */
import { Problem, send, status, subscribe } from "aethex/live";
import { Acts } from "./acts.js";
import { Barrier } from "./barrier.js";
import { Composer } from "./composer.js";
import { Lines } from "./lines.js";
import { Log } from "./log.js";
import { listen } from "./manners.js";
import { Order } from "./order.js";
import { Pins } from "./pins.js";
import { Notices } from "./notices.js";
import { pauseByKey } from "./pause.js";
import { applyLook, lookOf, saveLook } from "./prefs.js";
import { View } from "./view.js";

const SLOW = 3000; // ms of connecting before it is worth a word
const SAID = 6000; // ms that a refusal stays
const FETCH = 10_000; // ms
const MOST_TIMER = 2 ** 31 - 1; // ms
const language = document.documentElement.lang || undefined;
const exact = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" });

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** 600 -> "10 minutes" */
function span(seconds) {
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const [unit, size] = units.find(([, length]) => seconds >= length) ?? units[3];
  const count = Math.round(seconds / size);
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(count);
}

class ChatRoom extends HTMLElement {
  #room = null;
  #stops = [];
  #hints = { status: "", said: "", sample: "", paused: "" };
  #timers = {};
  #queue = null;
  #listens = false;

  connectedCallback() {
    if (this.#room) return;
    const room = this.#room = this.#build();
    room.view = new View((this.dataset.blocked ?? "").split(" ").filter(Boolean), room);
    room.lines = new Lines(room);
    const sampled = (on) => this.#hint("sample", on ? room.strings.sampling : "");
    room.log = new Log(this, room.strings, sampled, () => room.look().pause === "on");
    room.notices = new Notices(this.querySelector("[data-read-out]"), room.strings, room.look);
    this.#stops.push(pauseByKey((on) => this.#pause(on)));
    this.#localise(room.log.lines);
    const form = this.querySelector("[data-composer]");
    if (form) room.composer = new Composer(form, room);
    room.acts = new Acts(this, room, (text) => this.#tell(text));
    if (form) this.#help(form, room);
    for (const element of this.querySelectorAll("[data-scripted]")) element.hidden = false;
    if (!room.moderator) room.composer?.slow(Number(this.dataset.slow));
    Object.assign(room, { barrier: new Barrier(this), pins: new Pins(this, room), order: new Order() });
    if (!this.#listens) listen(this, new Proxy({}, { get: (_, name) => this.#room?.[name] }));
    this.#listens = true;
    this.#whenNeeded(room);
    if (form?.dataset.until) this.#unlockAt(form.dataset.until);
    const { topic, last, epoch } = this.dataset;
    this.#stops.push(status((now) => this.#status(now)));
    this.#stops.push(subscribe(topic, (event) => this.#hear(event), { last, epoch }));
    if (room.me) this.#stops.push(subscribe(`chatme:${room.me}`, (event) => this.#chosen(event)));
    this.#waiting(room);
    this.dataset.ready = "";
  }

  disconnectedCallback() {
    for (const stop of this.#stops.splice(0)) stop();
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    this.#room?.log.close();
    this.#room?.barrier.close();
    this.#room?.pins.close();
    this.#room?.notices.close();
    this.#room = null;
  }

  /** What the parts know of this chat. */
  #build() {
    const { base, me, username, name, hue, role, limit, place, rights = "" } = this.dataset;
    return {
      strings: JSON.parse(this.dataset.strings), base, me, role, place, next: location.pathname, limit: Number(limit),
      username: username?.toLowerCase(), moderator: "moderator" in this.dataset, rights: new Set(rights.split(" ")), author: { id: me, username, name, hue },
      part: (kind) => this.querySelector(`template[data-part="${kind}"]`).content.firstElementChild.cloneNode(true),
      post: (message) => this.#act("chat.send", message),
      act: (event, data) => this.#act(event, data),
      say: (text) => this.#say(text),
      commands: this.dataset.meUrl.replace(/me$/, "commands"),
      standing: () => this.#standing(),
      field: () => this.#field(),
      look: () => lookOf(this),
      keep: (form) => this.#keep(form),
      toMe: (data) => this.#toMe(data),
    };
  }

  /** Completion comes with the first focus on the form, the picker with its button. */
  #help(form, room) {
    let loading;
    const load = () => (loading ??= import("./field.js").then(({ help }) => {
      const made = help(form, room);
      this.#stops.push(made.stop);
      return made;
    }));
    form.addEventListener("focusin", () => load().catch(() => { loading = null; }));
    form.querySelector("[data-emotes]").addEventListener("click", async () => {
      try {
        await (await load()).pick();
      } catch {
        this.#say(room.strings.failed);
      }
    });
  }

  /** Moderators hear how many messages wait, authors what became of theirs. */
  #waiting(room) {
    const { channelId, me } = this.dataset;
    const count = this.querySelector("[data-held] [data-count]");
    if (count) {
      this.#stops.push(subscribe(`chatheld:${channelId}`, ({ name, data }) => {
        if (name !== "held") return;
        count.textContent = data.waiting;
        count.hidden = !data.waiting;
        room.people?.again();
      }));
    }
    const asked = this.querySelector("[data-desk] [data-count]");
    if (asked) {
      this.#stops.push(subscribe(`chatappeals:${channelId}`, ({ name, data }) => {
        if (name !== "appeals") return;
        asked.textContent = data.waiting;
        asked.hidden = !data.waiting;
        room.people?.again();
      }));
    }
    if (!me || room.moderator) return;
    this.#stops.push(subscribe(`chatown:${channelId}:${me}`, ({ name, data }) => {
      if (name === "denied") room.composer?.deny(data.client_id);
      if (name === "line") this.#line(data); // ours, which others see later
      if (name === "appeal") room.acts.appealed(data);
    }));
  }

  /** Cards, tools and menus come with the first sign of a hand on the chat; a click on a name waits for them. */
  #whenNeeded(room) {
    let loading;
    const load = () => (loading ??= import("./people.js").then(({ People }) => (room.people = new People(this, room))));
    const ready = ["pointerover", "focusin", "touchstart"];
    for (const name of ready) this.addEventListener(name, () => load().catch(() => { loading = null; }), { passive: true });
    this.addEventListener("click", async (event) => {
      const link = event.target.closest("a.ax-msg__name[href], a[data-open], a[data-more]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      try {
        (await load()).show(link.href);
      } catch {
        location.assign(link.href);
      }
    });
  }

  async #act(event, data) {
    try {
      return await send(event, { channel: this.dataset.channelId, ...data });
    } catch (problem) {
      if (problem instanceof Problem && /:chat-(restricted|warned)$/.test(problem.type)) this.#standing();
      if (problem instanceof Problem) this.#room?.barrier.refused(problem);
      throw problem;
    }
  }

  #localise(lines) {
    for (const line of lines) this.#room.lines.time(line, line.querySelector("time")?.dateTime);
  }

  // --- what the topic says

  #hear(event) {
    if (!this.#room) return;
    if (this.#queue) return this.#queue.push(event);
    if (!this.#room.order.takes(event)) return;
    const { name, data } = event;
    if (this.#room.acts.hear(name, data)) return;
    const acts = {
      line: () => this.#line(data),
      removed: () => data.ids.forEach((id) => this.#remove(id, data.by)),
      restricted: () => this.#restricted(data),
      lifted: () => this.#lifted(data),
      modes: () => this.#modes(data),
      emotes: () => this.#emotes(data),
      pinned: () => this.#pinned(data),
      unpinned: () => this.#unpinned(data),
      rules: () => this.#rules(data),
      reload: () => this.#reload(),
      refused: () => this.#refused(data),
    };
    acts[name]?.();
  }

  /** A moderator who is none any more reads on as viewers do. */
  #refused({ detail }) {
    const { channelId, topic } = this.dataset;
    if (!topic.startsWith("chatnow:")) return this.#hint("status", detail ?? this.#room.strings.refused);
    this.dataset.topic = `chat:${channelId}`;
    this.#stops.push(subscribe(this.dataset.topic, (event) => this.#hear(event)));
    this.#hint("status", this.#room.strings.demoted);
  }

  #line(data) {
    const { me, composer, log, lines, view, notices } = this.#room;
    const mine = Boolean(me) && data.author.id === me;
    if (mine) composer?.settle(data.client_id);
    if (view.hides(data.author.id)) return;
    const toMe = this.#toMe(data);
    const important = mine || toMe || data.role !== "member";
    if (log.add(lines.message(data), { important, at: Date.parse(data.at) }) && !mine) notices.heard(data, toMe);
  }

  /** Whether a line names this person or answers them; one's own don't. */
  #toMe(data) {
    const { me, username } = this.#room;
    if (!me || data.author.id === me) return false;
    return Boolean(data.mentions?.includes(username)) || data.reply?.user === me;
  }

  #pause(on) {
    this.#room.log.hold("key", on);
    this.#hint("paused", on ? this.#room.strings.paused : "");
  }

  async #keep(form) {
    const before = this.#room.look().sound;
    await saveLook(form, this);
    this.#liked(this.#room.look());
    if (before === "off" && this.#room.look().sound === "on") this.#room.notices.try();
  }

  #remove(id, by) {
    const { log, lines } = this.#room;
    const line = log.find(id);
    if (line) lines.remove(line, by);
    for (const quote of log.quotesOf(id)) lines.unquote(quote);
  }

  #restricted({ user, name, kind, until, seconds, by }) {
    if (user === this.#room.me) this.#standing({ kind, until, reason: "" });
    const { banned, bannedFor, timedOut } = this.#room.strings;
    this.#tell(fill(kind === "timeout" ? timedOut : seconds ? bannedFor : banned, { name, by, time: seconds && span(seconds) }));
  }

  #lifted({ user, name, by }) {
    if (user === this.#room.me) this.#lock(null);
    this.#tell(fill(this.#room.strings.lifted, { name, by }));
  }

  #modes({ modes, by }) {
    const { moderator, composer, strings } = this.#room;
    const words = this.querySelector("[data-modes-words]");
    if (words) {
      words.hidden = !modes.sentences.length;
      words.querySelector("[data-text]").textContent = modes.sentences.join(" ");
    }
    if (!moderator) composer?.slow(modes.slow_s);
    this.#room.barrier.modes(modes);
    const text = modes.sentences.length ? strings.modes : strings.modesOff;
    this.#tell(fill(text, { by, modes: modes.sentences.join(" ") }));
  }

  #pinned({ pin, by }) {
    this.#room.pins.show(pin);
    this.#tell(fill(this.#room.strings.pinned, { by, text: pin.text }));
  }

  #unpinned({ id, by }) {
    this.#room.pins.clear(id);
    this.#tell(fill(this.#room.strings.unpinned, { by }));
  }

  #rules({ there, by }) {
    for (const link of this.querySelectorAll("[data-rules]")) link.hidden = !there && !this.#room.moderator;
    this.#room.barrier.refresh();
    this.#tell(fill(there ? this.#room.strings.rules : this.#room.strings.rulesGone, { by }));
  }

  /** An emote came or went: the tables are read again, and of one that went the code is left. */
  #emotes({ change, id, code, by }) {
    const { emotes, log, lines, strings } = this.#room;
    emotes?.forget();
    if (change === "removed") for (const line of log.lines) lines.plain(line, id);
    this.#tell(fill(change === "added" ? strings.emoteAdded : strings.emoteRemoved, { by, code }));
  }

  /** Acts are lines for moderators; everyone else sees what they do. */
  #tell(text) {
    const { moderator, log, lines } = this.#room;
    if (moderator) log.add(lines.system(text), { important: true });
  }

  /** Too much was missed: read the page again; what comes meanwhile waits. */
  async #reload() {
    const { log, lines, strings, base, place } = this.#room;
    const alone = place === "dock" || place === "overlay";
    this.#queue = [];
    try {
      const answer = await fetch(alone ? location.href : base, { signal: AbortSignal.timeout(FETCH) });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = [...page.querySelectorAll("ax-chat .ax-chat__log > ol > li")];
      if (!answer.ok) throw new Error(answer.statusText);
      log.replace([lines.system(strings.reloaded), ...found]);
      this.#room?.pins.replace(page.querySelector("ax-chat .ax-chat__pinned"));
      this.#localise(found);
      this.#room.view.apply(found);
    } catch {
      this.#say(strings.failed);
    }
    const waiting = this.#queue;
    this.#queue = null;
    for (const event of waiting) this.#hear(event);
  }

  // --- being shut out

  /** The server knows why; until it answers, the end alone is shown. */
  async #standing(known = null) {
    if (known) this.#lock(known);
    try {
      const answer = await fetch(this.dataset.meUrl, { signal: AbortSignal.timeout(FETCH) });
      if (!answer.ok) return;
      const { restricted, warning } = await answer.json();
      this.#lock(restricted);
      this.#room?.acts.warn(warning);
    } catch { /* what is shown already is right, only less */ }
  }

  #lock(restricted) {
    const banner = this.querySelector("[data-banner]");
    clearTimeout(this.#timers.unlock);
    if (!banner || !this.#room) return;
    banner.hidden = !restricted;
    this.#field();
    if (!restricted) return;
    const { youAreBanned, youAreBannedUntil, youAreTimedOut, reason: because } = this.#room.strings;
    const { kind, until, reason, may_appeal: mayAppeal } = restricted;
    const text = kind === "timeout" ? youAreTimedOut : until ? youAreBannedUntil : youAreBanned;
    const words = fill(text, { until: until && exact.format(new Date(until)) });
    banner.querySelector("[data-text]").textContent = reason ? `${words} ${fill(because, { reason })}` : words;
    banner.querySelector("[data-appeal]").hidden = !mayAppeal;
    if (until) this.#unlockAt(until);
  }

  /** The field is there for who is neither shut out nor has a warning to answer. */
  #field() {
    const form = this.querySelector("[data-composer]");
    const held = this.querySelector("[data-banner]:not([hidden]), [data-warning]:not([hidden])");
    if (form) form.hidden = Boolean(held);
  }

  #unlockAt(until) {
    const left = Math.max(0, Date.parse(until) - Date.now()) + 500;
    // longer than a timer can count; nobody leaves a page open for that long
    if (left < MOST_TIMER) this.#timers.unlock = setTimeout(() => this.#lock(null), left);
  }

  // --- words below the log

  #status({ state, retry, detail }) {
    if (!this.#room) return;
    const { offline, offlineGuest, connecting } = this.#room.strings;
    clearTimeout(this.#timers.slow);
    this.dataset.state = state;
    if (state === "refused") return this.#hint("status", detail);
    if (state === "online") return this.#hint("status", "");
    if (state === "offline") return this.#hint("status", fill(this.#room.me ? offline : offlineGuest, { s: retry }));
    this.#timers.slow = setTimeout(() => this.#hint("status", connecting), SLOW);
  }

  #say(text) {
    this.#hint("said", text);
    clearTimeout(this.#timers.said);
    this.#timers.said = setTimeout(() => this.#hint("said", ""), SAID);
  }

  #hint(kind, text) {
    const before = this.#hints[kind];
    this.#hints[kind] = text;
    const { said, status: now, sample, paused } = this.#hints;
    this.querySelector("[data-hint]").textContent = said || now || paused || sample;
    // aloud once, not at every second of the countdown
    if (kind !== "paused" && (Boolean(text) !== Boolean(before) || kind === "said")) this.querySelector("[data-said]").textContent = text;
  }

  // --- how this person likes it

  #liked(look) {
    const { log, lines } = this.#room;
    applyLook(this, look);
    lines.retime();
    this.#localise(log.lines);
    log.settle();
  }

  /** What somebody chose on another page of theirs holds here, too. */
  #chosen({ name, data }) {
    if (name === "look") this.#liked(data);
    else if (name === "blocks") this.#room.view.again().catch(() => {});
  }
}

customElements.define("ax-chat", ChatRoom);
