/** The socket below aethex/live: opened when first needed, opened again when it breaks, and how it stands. */
const PATH = "/socket.io/";
const FIRST_ANSWER = 8000; // ms until a try counts as failed
const SHORTEST = 1;
const LONGEST = 5; // seconds between tries: a person waits for chat, and 10,000 pages must not come at once
const STEADY = 10_000; // ms; a connection that lived as long starts the back-off anew

/** A refusal or failure as problem details: type ("offline" and "timeout" are ours), title, detail, retry_after. */
export class Problem extends Error {
  constructor(problem = {}) {
    super(problem.title ?? problem.type ?? "about:blank");
    this.name = "Problem";
    Object.assign(this, problem);
  }
}

/** A page that has no session of its own, such as a dock of OBS, says here with which token it may be let in. */
const token = document.querySelector('meta[name="aethex-token"]')?.content;

/** `on` has status({state, retry, detail}), open(), batch(...), gap(...). */
export function line(on) {
  let socket, making, timer, ticker, tries = 0, since = 0, asked = 0, away = false, used = false;
  let status = { state: "connecting", retry: 0 };
  const waiters = new Set();

  function tell(state, retry = 0, detail = "") {
    status = { state, retry, detail };
    on.status(status);
  }

  function opened() {
    since = performance.now();
    asked = 0;
    tell("online");
    on.open();
    for (const go of waiters) go();
  }

  async function make() {
    const { io } = await import("socket.io-client");
    const made = io({
      path: PATH, transports: ["websocket"], reconnection: false, autoConnect: false, timeout: FIRST_ANSWER, auth: token ? { token } : undefined,
    });
    made.on("connect", opened);
    made.on("connect_error", ({ data }) => (gone(data) ? end(data) : later(data?.retry_after)));
    made.on("disconnect", () => later());
    made.on("closing", (notice) => { asked = Number(notice?.retry_after) || 0; });
    made.on("batch", ([topic, epoch, items]) => on.batch(topic, epoch, items));
    made.on("gap", ([topic]) => on.gap(topic));
    // why the server closed the last connection
    made.on("notice", async ({ detail }) => (await import("./toast.js")).toast(detail, { tone: "warn" }));
    return made;
  }

  async function open() {
    stopWaiting();
    used = true;
    tell("connecting");
    try {
      socket = await (making ??= make());
    } catch {
      making = undefined;
      return later();
    }
    if (!away && !socket.connected) socket.connect();
  }

  /** The page's token was revoked or has expired: no later try will be let in. */
  function gone(problem) {
    return Boolean(token) && /:token-(unknown|expired)$/.test(problem?.type);
  }

  function end({ detail }) {
    away = true;
    stopWaiting();
    tell("refused", 0, detail);
  }

  function stopWaiting() {
    clearTimeout(timer);
    clearInterval(ticker);
    timer = 0;
  }

  function pause(least) {
    if (since && performance.now() - since > STEADY) tries = 0;
    since = 0;
    const reach = Math.min(LONGEST, SHORTEST * 1.6 ** ++tries);
    const chance = Math.random();
    return least ? least * (1 + chance / 2) : SHORTEST + chance * (reach - SHORTEST);
  }

  function later(least = asked) {
    if (away) return;
    stopWaiting();
    const until = performance.now() + pause(least) * 1000;
    const count = () => tell("offline", Math.max(1, Math.ceil((until - performance.now()) / 1000)));
    timer = setTimeout(open, until - performance.now());
    ticker = setInterval(count, 1000);
    count();
  }

  function connected(limit) {
    if (socket?.connected) return Promise.resolve();
    const problem = () => new Problem({ type: "offline", retry_after: status.retry });
    if (status.state === "offline") return Promise.reject(problem());
    return new Promise((resolve, reject) => {
      const stop = setTimeout(() => { waiters.delete(go); reject(problem()); }, limit);
      const go = () => { clearTimeout(stop); waiters.delete(go); resolve(); };
      waiters.add(go);
      if (!used) open();
    });
  }

  /** Emit and wait for the answer; rejects with a Problem. */
  async function ask(event, data, limit) {
    await connected(limit);
    let answer;
    try {
      answer = await socket.timeout(limit).emitWithAck(event, data);
    } catch {
      throw new Problem({ type: socket.connected ? "timeout" : "offline" });
    }
    if (answer?.ok === false) throw new Problem(answer.problem);
    return answer;
  }

  // a sleeping tab's timers are late, and a page in the back-forward cache must not hold a socket
  addEventListener("online", () => { if (timer) open(); });
  document.addEventListener("visibilitychange", () => { if (timer && !document.hidden) open(); });
  addEventListener("pagehide", () => { away = true; stopWaiting(); socket?.disconnect(); });
  addEventListener("pageshow", () => {
    const back = away;
    away = false;
    if (back && used) open();
  });

  return {
    ask,
    get online() { return Boolean(socket?.connected); },
    get status() { return status; },
    need() { if (!used) open(); },
    emit(event, data) { if (socket?.connected) socket.emit(event, data); },
    renew() { socket?.disconnect(); },
  };
}
