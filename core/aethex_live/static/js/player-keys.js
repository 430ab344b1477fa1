/** Keys of the player: k or space, m, f, t, i, l, c anywhere on the page, arrows for volume and place. */
import { acts, louder, seek } from "./player-acts.js";
import { typing } from "./shell-keys.js";

const STEP = 5; // s
const LOUDER = 0.05; // of full volume
const LETTERS = { k: "play", m: "mute", f: "fullscreen", t: "theatre", i: "pip", l: "live", c: "captions" };
const PRESSED_BY_SPACE = "button, a[href], summary, media-chrome-button, [role=button], [role^=menuitem], [role=switch]";

/** Arrows belong to a slider that has the focus; volume asks for the focus in the player, the place does not. */
function arrow(player, key, focused, inside) {
  if (focused.matches?.("input[type=range], [role=slider]")) return false;
  const [up, back] = [key === "ArrowUp", key === "ArrowLeft"];
  if (up || key === "ArrowDown") {
    if (inside) louder(player, up ? LOUDER : -LOUDER);
    return inside;
  }
  const free = player.seekable && (inside || focused === document.body);
  if (free) seek(player, back ? -STEP : STEP);
  return free;
}

function letter(player, key) {
  const name = LETTERS[key.toLowerCase()];
  if (!name || (name === "live" && !player.live)) return false;
  acts[name](player);
  return true;
}

/** Listen for `player`; returns a function that stops it. */
export function bindKeys(player) {
  function pressed(event) {
    if (typing(event) || event.shiftKey) return;
    const path = event.composedPath();
    const inside = path.includes(player);
    let done = false;
    if (event.key.startsWith("Arrow")) {
      done = arrow(player, event.key, path[0], inside);
    } else if (event.key === " ") {
      done = (inside || path[0] === document.body) && !path.some((node) => node.matches?.(PRESSED_BY_SPACE));
      if (done) acts.play(player);
    } else if (!event.repeat) {
      done = letter(player, event.key);
    }
    if (done) event.preventDefault();
  }
  addEventListener("keydown", pressed);
  return () => removeEventListener("keydown", pressed);
}
