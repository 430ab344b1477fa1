/** What a person can do with a player: by a button data-act="…" in it, or by a key. */
const quiet = (promise) => promise?.catch(() => {}); // a refusal by the browser is seen, not an error of ours

function fullscreen(player) {
  const name = document.fullscreenElement ? "mediaexitfullscreenrequest" : "mediaenterfullscreenrequest";
  const controller = player.querySelector("media-controller:defined");
  if (controller) controller.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true }));
  else quiet(document.fullscreenElement ? document.exitFullscreen() : player.requestFullscreen?.());
}

function pip({ video }) {
  const out = document.pictureInPictureElement;
  quiet(out ? document.exitPictureInPicture() : video.requestPictureInPicture?.());
}

function captions({ video }) {
  const tracks = [...video.textTracks].filter(({ kind }) => kind === "captions" || kind === "subtitles");
  const shown = tracks.some(({ mode }) => mode === "showing");
  if (tracks.length) tracks[0].mode = shown ? "disabled" : "showing";
}

/** Theatre is a class on <html>; the style sheet hides bar and rail. */
export function theatre(player, on) {
  const now = document.documentElement.classList.toggle("ax-theatre", on);
  for (const button of player.querySelectorAll("[data-act=theatre]")) button.setAttribute("aria-pressed", String(now));
}

export const acts = {
  play: ({ video }) => (video.paused ? quiet(video.play()) : video.pause()),
  mute: ({ video }) => { video.muted = !video.muted; },
  unmute: ({ video }) => { video.muted = false; quiet(video.play()); },
  live: (player) => { player.goLive(); quiet(player.video.play()); },
  retry: (player) => player.retry(),
  theatre: (player) => theatre(player),
  fullscreen, pip, captions,
};

export function seek(player, seconds) {
  if (player.live) player.rewind.by(seconds);
  else player.video.currentTime = Math.max(0, player.video.currentTime + seconds);
}

export function louder({ video }, change) {
  video.volume = Math.min(1, Math.max(0, video.volume + change));
  if (change > 0) video.muted = false;
}
