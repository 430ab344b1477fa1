/** What the frame's address asks of the player: ?autoplay=1 and ?muted=1 (?t= is the player's own). Runs before it. */
const wished = new URLSearchParams(location.search);
const on = (name) => wished.has(name) && wished.get(name) !== "0";
const player = document.querySelector("ax-player");

if (player) {
  player.dataset.autoplay = on("autoplay") ? "on" : "off";
  if (on("muted")) customElements.whenDefined("ax-player").then(() => { player.video.muted = true; });
}
