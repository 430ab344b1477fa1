/** Writes a player's state into its page: texts of the server, hidden and shown parts, the list of qualities. */
import { fill, number } from "./time.js";

function each(player, selector, write) {
  for (const element of player.querySelectorAll(selector)) write(element);
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Our controls take the place of the browser's, which stay where media-chrome could not be loaded. */
export function dress(player) {
  const controller = player.querySelector("media-controller");
  if (!controller) return;
  for (const name of ["nohotkeys", "novolumepref", "nomutedpref"]) controller.setAttribute(name, "");
  customElements.whenDefined("media-controller").then(() => {
    player.video.controls = false;
    controller.fullscreenElement = player; // what stands over the picture is beside the controller
  });
}

const SOUND = ["live", "behind", "loading"]; // states in which a person may want sound

/** The sentence of a state is strings[state]; `forced`: it is muted because the browser wants a click first. */
export function showState(player, state, { failure, forced }) {
  const { strings } = player;
  player.dataset.state = state;
  const code = failure ? [failure.code, failure.status].filter(Boolean).join(" ") : "";
  each(player, "[data-message]", (element) => write(element, fill(strings[state], { code })));
  each(player, "[data-code]", (element) => write(element, state === "error" ? code : ""));
  each(player, "[data-act=unmute]", (button) => { button.hidden = !forced || !SOUND.includes(state); });
  each(player, "[data-act=live]", (button) => { button.hidden = state !== "behind"; });
  each(player, "[data-act=retry]", (button) => { button.hidden = state !== "error"; });
}

export function showRetry(player, seconds) {
  const text = seconds > 0 ? fill(player.strings.retry, { s: number(Math.ceil(seconds)) }) : "";
  each(player, "[data-retry-in]", (element) => write(element, text));
}

export function showLatency(player, latency) {
  const s = latency === null ? "" : number(latency, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  each(player, "[data-latency]", (element) => {
    element.hidden = latency === null;
    write(element, s && fill(player.strings.latency, { s }));
  });
}

/** A choice only where there are two renditions; its first option is the server's word for "automatic". */
export function showQualities(player, heights, level, { audio, listening }) {
  each(player, "select[data-quality]", (select) => {
    const sound = select.querySelector("[data-audio-option]");
    const listed = [...select.options].filter((option) => option.dataset.height !== undefined);
    const few = heights.length < 2 && !(sound && audio);
    select.closest("[data-quality-field]")?.toggleAttribute("hidden", few);
    select.hidden = few;
    sound?.toggleAttribute("hidden", !audio);
    // while only the sound plays, the heights of before stay to be chosen
    if (!listening && listed.map((option) => option.dataset.height).join() !== shown(heights)) {
      for (const option of listed) option.remove();
      if (heights.length > 1) heights.forEach((height, index) => select.add(entry(height, index), sound));
    }
    const value = listening ? "audio" : String(heights.length > 1 ? level : -1);
    if (select.value !== value) select.value = value;
  });
}

const shown = (heights) => (heights.length > 1 ? heights.join() : "");

function entry(height, index) {
  const option = new Option(`${height}p`, String(index));
  option.dataset.height = String(height);
  return option;
}

/** The end card's link to what was recorded. */
export function showRecording(player, { url, recording_id: id }) {
  each(player, "a[data-recording-link]", (link) => {
    link.href = url ?? fill(link.dataset.href, { id });
    link.hidden = false;
  });
}
