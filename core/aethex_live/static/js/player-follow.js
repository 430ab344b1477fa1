/** Keeps a live player in step with its channel: topic events, and the page itself when they can't be had. */
import { status, subscribe } from "./live.js";
import { readPage } from "./page.js";

const LOOK = 30_000; // ms between looks at the page while realtime is not reachable, plus up to a third

/** Sources of a player's data attributes, best first. */
export function sourcesOf({ ll, plain, mp4 }) {
  const known = [[ll, "ll-hls"], [plain, "hls"], [mp4, "mp4"]];
  return known.filter(([url]) => url).map(([url, kind]) => ({ url, kind }));
}

/** What stands beside the ways to play: the last hours, the sound alone. */
export function besides(sources) {
  const [dvr, audio] = ["dvr", "audio"].map((kind) => sources.find((source) => source.kind === kind));
  return { dvr: dvr?.url ?? "", dvrWindow: String(dvr?.seconds ?? 0), audio: audio?.url ?? "" };
}

/** The ways to play among an answer's sources. */
export const plays = (sources) => sources.filter(({ kind }) => kind !== "dvr" && kind !== "audio");

function text(selector, value) {
  if (value !== undefined) document.querySelectorAll(selector).forEach((element) => { element.textContent = value; });
}

const HEARD = {
  "broadcast.started": (player, data, follower) => {
    follower.started(data);
    const sources = plays(data.sources ?? []);
    if (sources.length) Object.assign(player.dataset, besides(data.sources));
    if (sources.length) player.enter("live", { broadcast: data.broadcast_id, sources });
    else follower.look();
  },
  "broadcast.ended": (player, data) => {
    if (!data.broadcast_id || data.broadcast_id === player.dataset.broadcast) player.enter("ended");
  },
  "broadcast.changed": (_, data) => {
    text("[data-broadcast-title]", data.title);
    text("[data-broadcast-category]", data.category?.name ?? data.category);
  },
  "ingest.connected": (player) => {
    if (player.phase === "reconnecting") player.enter("live");
    else if (player.phase !== "live") player.enter("connecting");
  },
  "ingest.disconnected": (player) => {
    if (player.phase === "live") player.enter("reconnecting");
    else if (player.phase === "connecting") player.enter("offline");
  },
  "recording.ready": (player, data) => player.offerRecording(data),
  reload: (_, __, follower) => follower.look(),
};

export class Follower {
  #player;
  #stops = [];
  #uncount = null;

  constructor(player) {
    const { topic, last, epoch } = player.dataset;
    const hear = ({ name, data }) => HEARD[name]?.(player, data ?? {}, this);
    let reachable = Boolean(topic);
    this.#player = player;
    if (topic) {
      this.#stops.push(subscribe(topic, hear, { last, epoch }));
      this.#stops.push(status(({ state }) => { reachable = state !== "offline"; }));
    }
    const again = () => { if (!reachable && !document.hidden) this.look(); };
    const timer = setInterval(again, LOOK * (1 + Math.random() / 3));
    this.#stops.push(() => clearInterval(timer));
  }

  /** A phase began: what belongs to it on the page is shown, and who watches is counted. */
  entered(phase) {
    for (const element of document.querySelectorAll("[data-when]")) {
      element.hidden = !element.dataset.when.split(" ").includes(phase);
    }
    const counts = this.#player.dataset.seen && !this.#player.preview && (phase === "live" || phase === "reconnecting");
    if (counts) this.#uncount ??= subscribe(this.#player.dataset.seen, () => {});
    else this.#stopCounting();
  }

  started(data) {
    text("[data-broadcast-title]", data.title);
    const start = data.started_at ?? new Date().toISOString();
    this.#player.dataset.started = start;
    document.querySelectorAll("time[data-broadcast-start]").forEach((element) => { element.dateTime = start; });
  }

  /** Read this page again and take over what its player says. */
  async look() {
    const page = await readPage();
    const fresh = page?.querySelector("ax-player[data-live]")?.dataset;
    if (fresh && this.#player.isConnected) this.#take(fresh);
  }

  #take(fresh) {
    const player = this.#player;
    const phase = fresh.state ?? "live";
    if (phase === "offline" && player.phase === "ended") return; // it says the same, the card says more
    player.dataset.seen ||= fresh.seen ?? "";
    for (const name of ["dvr", "dvrWindow", "audio", "started"]) player.dataset[name] = fresh[name] ?? "";
    const news = { broadcast: fresh.broadcast, sources: sourcesOf(fresh) };
    if (phase !== player.phase || news.broadcast !== player.dataset.broadcast) player.enter(phase, news);
    else player.renew(news.sources);
  }

  #stopCounting() {
    this.#uncount?.();
    this.#uncount = null;
  }

  stop() {
    this.#stopCounting();
    for (const stop of this.#stops.splice(0)) stop();
  }
}
