/**
 * Acting on lines and people: the tools of the line that is pointed at or focused, the menu of timeouts, cards and
 * lists in a dialog. Everything here is reached by keyboard: arrows move from line to line, Tab goes into the tools.
 */
import { Problem } from "aethex/live";
import { FORMS, STAYS, actOf } from "./acts.js";
import { words } from "./emotes_image.js";

const ACTS = { delete: "chat.delete", lift: "chat.lift", modes: "chat.modes", shield_modes: "chat.shield_modes", decide: "chat.decide", block: "chat.block", unblock: "chat.unblock" };

/** What the form of the modes says; a switch that is off is not among its fields. */
function modesOf(fields) {
  return {
    slow_s: Number(fields.slow_s), min_age_minutes: Number(fields.min_age_minutes),
    links: fields.links, unique_only: "unique_only" in fields,
    verified_only: "verified_only" in fields,
    emotes_only: "emotes_only" in fields,
    followers_only: "followers_only" in fields, follow_minutes: Number(fields.follow_minutes ?? 0),
    subscribers_only: "subscribers_only" in fields, delay_s: Number(fields.delay_s ?? 0),
    hold_newcomers: "hold_newcomers" in fields,
  };
}

export class People {
  #room;
  #root;
  #line = null;
  #tools = null;
  #menu;
  #dialog;
  #about = null;

  /** `room` has part, log, composer, me, role, moderator, rights, strings, act(event, data) -> Promise, say(text). */
  constructor(root, room) {
    this.#root = root;
    this.#room = room;
    this.#menu = root.querySelector("[data-menu]");
    this.#dialog = root.querySelector("[data-card]");
    this.#listen();
    // the hand that called for this module is on a line already
    this.#point(room.log.box.querySelector(".ax-msg:is(:hover, :focus-within)"));
    root.dataset.hands = "";
  }

  #listen() {
    const { box } = this.#room.log;
    for (const line of this.#room.log.lines) line.querySelector(".ax-msg__name")?.setAttribute("tabindex", "-1");
    box.addEventListener("pointerover", (event) => {
      const line = event.target.closest(".ax-msg");
      if (event.pointerType === "mouse" && line) this.#point(line);
    });
    box.addEventListener("focusin", (event) => this.#point(event.target.closest(".ax-msg")));
    box.addEventListener("keydown", (event) => this.#key(event));
    box.addEventListener("click", (event) => this.#click(event));
    this.#dialog.addEventListener("click", (event) => this.#inside(event));
    this.#menu?.addEventListener("click", (event) => this.#chosen(event));
    this.#menu?.addEventListener("keydown", (event) => this.#walk(event));
    this.#menu?.addEventListener("toggle", (event) => { if (event.newState === "closed") this.#back(); });
    this.#dialog.addEventListener("submit", (event) => this.#submit(event));
  }

  // --- the line that is pointed at

  #may(line) {
    const { me, role, moderator, rights } = this.#room;
    const own = me && line.dataset.user === me;
    const theirs = line.dataset.role;
    const power = moderator && !own && line.dataset.user && theirs !== "owner" && (role === "owner" || theirs === "member");
    const there = line.dataset.id && !["deleted", "sending", "failed"].includes(line.dataset.state);
    // the tools come without a button that the moderator's rights leave empty; deleting is there for one's own lines
    const deletes = rights.has("chat.delete") && (power || (moderator && !line.dataset.user));
    return { reply: me && there, delete: there && (own || deletes), pin: there, menu: power, others: there && !own };
  }

  #point(line) {
    if (!line || line === this.#line) return;
    this.#leave();
    this.#line = line;
    line.tabIndex = -1;
    line.querySelector(".ax-msg__name")?.setAttribute("tabindex", "0");
    if (line.dataset.kind === "system") return;
    const may = this.#may(line);
    this.#tools = this.#room.part("tools");
    for (const button of this.#tools.querySelectorAll("button")) if (!may[button.dataset.act]) button.remove();
    for (const link of this.#tools.querySelectorAll("[data-line-href]")) {
      if (may.others) link.href = link.dataset.lineHref + line.dataset.id;
      else link.remove();
    }
    if (this.#tools.querySelector("a, button")) line.append(this.#tools);
  }

  #leave() {
    this.#tools?.remove();
    this.#line?.querySelector(".ax-msg__name")?.setAttribute("tabindex", "-1");
    this.#line = this.#tools = null;
  }

  #key(event) {
    const lines = this.#room.log.lines;
    const at = lines.indexOf(document.activeElement?.closest(".ax-msg"));
    const steps = { ArrowUp: at < 0 ? lines.length - 1 : at - 1, ArrowDown: at + 1, Home: 0, End: lines.length - 1 };
    if (event.key in steps && !(at < 0 && event.key === "ArrowDown")) {
      event.preventDefault();
      const line = lines[Math.max(0, Math.min(lines.length - 1, steps[event.key]))];
      if (!line) return;
      this.#point(line);
      line.tabIndex = -1;
      line.focus();
    } else if (event.key === "Enter" && event.target.matches(".ax-msg")) {
      event.target.querySelector("a.ax-msg__name[href]")?.click();
    } else if (event.key === "Escape" && at >= 0) {
      this.#room.composer?.focus();
    }
  }

  #click(event) {
    const button = event.target.closest(".ax-msg__tools button");
    // a finger can't hover: the tools of a line come with a tap on it
    if (!button) return this.#point(event.target.closest(".ax-msg"));
    const line = button.closest(".ax-msg");
    if (button.dataset.act === "reply") this.#answer(line);
    else if (button.dataset.act === "pin") this.#do("chat.pin", { line: line.dataset.id });
    else if (button.dataset.act === "delete") this.#do("chat.delete", { line: line.dataset.id });
    else this.#offer(line, button);
  }

  #answer(line) {
    const [name, text] = [line.querySelector(".ax-msg__name"), line.querySelector(".ax-msg__text")];
    this.#room.composer?.answer({ id: line.dataset.id, name: name.textContent, text: words(text) });
  }

  // --- the menu of timeouts

  #offer(line, button) {
    this.#about = { user: line.dataset.user, button };
    const name = line.querySelector(".ax-msg__name");
    this.#menu.querySelector("[data-who]").textContent = name.textContent;
    this.#menu.querySelector("[data-more]").href = name.href;
    this.#menu.showPopover();
    const [from, size] = [button.getBoundingClientRect(), this.#menu.getBoundingClientRect()];
    const left = Math.max(8, Math.min(from.right - size.width, innerWidth - size.width - 8));
    const below = from.bottom + 4 + size.height <= innerHeight;
    const top = below ? from.bottom + 4 : Math.max(8, from.top - 4 - size.height);
    Object.assign(this.#menu.style, { inset: "auto", left: `${left}px`, top: `${top}px` });
    this.#menu.querySelector("[role=menuitem]").focus();
  }

  #back() {
    if (this.#about?.button.isConnected && !this.#dialog.open) this.#about.button.focus();
  }

  #walk(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const items = [...this.#menu.querySelectorAll("[role=menuitem]")];
    const next = items.indexOf(document.activeElement) + step;
    items[(next + items.length) % items.length].focus();
  }

  #chosen(event) {
    const item = event.target.closest("[role=menuitem]");
    if (!item) return;
    const { user } = this.#about;
    this.#menu.hidePopover();
    if (item.dataset.seconds) this.#do("chat.timeout", { user, seconds: Number(item.dataset.seconds) });
    else if ("ban" in item.dataset) this.#do("chat.ban", { user });
  }

  async #do(event, data) {
    try {
      await this.#room.act(event, data);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.#room.say(problem.detail ?? this.#room.strings.failed);
    }
  }

  // --- cards and lists

  #inside(event) {
    const { mention } = event.target.closest("[data-mention]")?.dataset ?? {};
    if (mention) this.#room.composer?.mention(mention);
    if (mention || event.target.closest("[data-close]")) this.#dialog.close();
  }

  /** Show a card or a list in the dialog. */
  async show(address) {
    const body = this.#dialog.querySelector("[data-body]");
    try {
      const answer = await fetch(address, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(10_000) });
      body.innerHTML = await answer.text();
    } catch {
      body.textContent = this.#room.strings.failed;
    }
    if (!this.#root.isConnected) return;
    for (const button of body.querySelectorAll("[data-mention]")) button.hidden = !this.#room.composer;
    this.#dialog.dataset.address = address;
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  /** What waits has changed: the list of it, if it is open, is read again. */
  again() {
    if (this.#dialog.open && this.#dialog.querySelector(".ax-chat-waiting")) this.show(this.#dialog.dataset.address);
  }

  async #submit(event) {
    event.preventDefault();
    const form = event.target;
    if (form.dataset.act === "look") return this.#keep(form);
    const fields = Object.fromEntries(new FormData(form));
    const act = actOf(form, event.submitter);
    try {
      const [name, data] = FORMS[act]?.(fields, event.submitter, this.#room.strings) ?? this.#said(act, fields, event.submitter);
      await this.#room.act(name, data);
      if (act === "block" || act === "unblock") await this.#room.view.again();
      if (form.matches(STAYS) || form.closest(".ax-chat-shut, .ax-chat-waiting")) await this.show(this.#dialog.dataset.address);
      else this.#dialog.close();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.#tell(form, problem.detail ?? this.#room.strings.failed);
    }
  }

  /** What the other forms send: event and data. */
  #said(act, fields, submitter) {
    const data = {
      modes: () => modesOf(fields), shield_modes: () => modesOf(fields), delete: () => ({ line: fields.line }), lift: () => ({ user: fields.user }),
      block: () => ({ user: fields.user }), unblock: () => ({ user: fields.user }),
      decide: () => ({ held: fields.held, approve: submitter?.formAction.endsWith("/approve") }),
    };
    return [ACTS[act], data[act]()];
  }

  /** How somebody likes their chats. */
  async #keep(form) {
    try {
      await this.#room.keep(form);
      this.#dialog.close();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.#tell(form, problem.detail ?? this.#room.strings.failed);
    }
  }

  #tell(form, text) {
    const told = form.querySelector("[role=alert]") ?? document.createElement("p");
    told.className = "ax-field__error";
    told.setAttribute("role", "alert");
    told.textContent = text;
    form.prepend(told);
  }
}
