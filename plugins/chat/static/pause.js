/** Holding Alt keeps the log where it is, as pointing at it does; letting go, or leaving the window, lets it follow. */
const KEY = "Alt";

/** `hold(on)` is called when the key goes down and up; returns what ends it. */
export function pauseByKey(hold) {
  let down = false;
  const stop = new AbortController();
  const options = { signal: stop.signal };
  function set(on) {
    if (down === on) return;
    down = on;
    hold(on);
  }
  addEventListener("keydown", (event) => {
    if (event.key === KEY && !event.repeat && !event.ctrlKey && !event.metaKey && !event.shiftKey) set(true);
    else if (down && event.key !== KEY) set(false); // a shortcut of the browser, such as Alt and an arrow
  }, options);
  addEventListener("keyup", (event) => {
    if (event.key !== KEY || !down) return;
    event.preventDefault(); // else the key opens the menu of some browsers
    set(false);
  }, options);
  addEventListener("blur", () => set(false), options);
  return () => { set(false); stop.abort(); };
}
