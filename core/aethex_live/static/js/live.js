/**
 * The page's one realtime connection: topics in, events out.
 *
 * subscribe(topic, fn, {last, epoch}) -> unsubscribe. fn({seq, name, data}) is called in order and once per seq, also
 *   across reconnects. Two names are ours: "reload" (too much was missed: read the page again) and "refused"
 *   (may not be heard; data is the problem).
 * send(event, data, {timeout}) -> Promise of the answer; rejects with a Problem.
 * status(fn) -> stop. fn({state, retry: seconds, detail}), now and at each change; states are "connecting", "online",
 *   "offline", and "refused" for a page whose token holds no more: then nothing is tried again.
 */
import { Problem, line } from "./live-socket.js";

export { Problem };

const ANSWER = 10_000; // ms
const topics = new Map();
const watchers = new Set();

const wire = line({
  status: (now) => watchers.forEach((fn) => fn(now)),
  open: () => topics.forEach(rejoin),
  batch,
  gap: (name) => { if (topics.has(name)) rejoin(topics.get(name)); },
});

export function subscribe(name, fn, { last, epoch } = {}) {
  const topic = topics.get(name) ?? { name, epoch: null, subs: new Set() };
  const sub = { fn, last: number(last), epoch: epoch || null, stage: "new", held: [] };
  topics.set(name, topic);
  topic.subs.add(sub);
  if (wire.online) join(topic);
  else wire.need();
  return () => leave(topic, sub);
}

export function send(event, data, { timeout = ANSWER } = {}) {
  return wire.ask(event, data, timeout);
}

export function status(fn) {
  watchers.add(fn);
  fn(wire.status);
  return () => watchers.delete(fn);
}

/** data-last="" of a page means: not known. */
function number(value) {
  return value === undefined || value === null || value === "" ? null : Number(value);
}

function leave(topic, sub) {
  sub.stage = "off";
  topic.subs.delete(sub);
  if (topic.subs.size || topics.get(topic.name) !== topic) return;
  topics.delete(topic.name);
  wire.emit("unsubscribe", { topic: topic.name });
}

function rejoin(topic) {
  for (const sub of topic.subs) Object.assign(sub, { stage: "new", held: [] });
  join(topic);
}

async function join(topic) {
  const subs = [...topic.subs].filter((sub) => sub.stage === "new");
  if (!subs.length) return;
  for (const sub of subs) sub.stage = "asked";
  const known = subs.map((sub) => sub.last).filter((last) => last !== null);
  const last = known.length ? Math.min(...known) : null;
  const epoch = topic.epoch ?? subs.find((sub) => sub.epoch)?.epoch ?? null;
  try {
    const answer = await wire.ask("subscribe", { topic: topic.name, last, epoch }, ANSWER);
    topic.epoch = answer.epoch ?? topic.epoch;
    for (const sub of subs) admit(sub, answer, answer.reload || (sub.epoch && sub.epoch !== topic.epoch));
  } catch (problem) {
    refuse(topic, subs, problem);
  }
}

function admit(sub, answer, reload) {
  if (sub.stage !== "asked") return;
  const missed = (answer.missed ?? []).filter(([seq]) => !reload && (seq === null || sub.last !== null));
  const held = sub.held;
  Object.assign(sub, { stage: "on", held: [], epoch: answer.epoch ?? null });
  if (reload) {
    sub.last = answer.seq ?? null;
    call(sub, { seq: null, name: "reload", data: null });
  }
  for (const item of [...missed, ...held]) offer(sub, item);
  // a volatile topic has no numbers; elsewhere what came before the answer is known now
  if (answer.seq !== null && answer.seq !== undefined) sub.last = Math.max(sub.last ?? answer.seq, answer.seq);
}

function refuse(topic, subs, problem) {
  if (!(problem instanceof Problem)) throw problem;
  if (problem.type === "offline") return; // joined again as soon as the socket is back
  if (problem.type === "timeout") return wire.renew();
  if (problem.retry_after) {
    const again = () => { for (const sub of subs) if (sub.stage === "asked") sub.stage = "new"; join(topic); };
    setTimeout(again, problem.retry_after * 1000 * (1 + Math.random() / 2));
    return;
  }
  for (const sub of subs) call(sub, { seq: null, name: "refused", data: problem });
}

function batch(name, epoch, items) {
  const topic = topics.get(name);
  if (!topic) return;
  const on = [...topic.subs].filter((sub) => sub.stage === "on");
  if (on.length && topic.epoch && epoch && epoch !== topic.epoch) return rejoin(topic);
  for (const sub of topic.subs) if (sub.stage === "asked") sub.held.push(...items);
  for (const item of items) for (const sub of on) offer(sub, item);
}

function offer(sub, [seq, name, data]) {
  if (seq !== null) {
    if (sub.last !== null && seq <= sub.last) return;
    sub.last = seq;
  }
  call(sub, { seq, name, data });
}

function call(sub, event) {
  if (sub.stage === "off") return;
  try {
    sub.fn(event);
  } catch (error) {
    reportError(error); // one listener's mistake must not cost the others their events
  }
}
