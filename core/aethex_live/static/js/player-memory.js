/** What the player remembers in this browser: volume, and where a recording was left. */
const VOLUME = "ax.volume";
const PLACES = "ax.places";
const MOST = 50; // recordings
const END = 0.95; // share of the length; who saw that much begins anew
const SOON = 10; // s; who saw less begins anew

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? {};
  } catch {
    return {}; // storage is switched off, or holds what we did not write
  }
}

function write(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // full or switched off: nothing is remembered
  }
}

/** {volume 0..1, muted} as a person last set them, or {} */
export const volume = () => read(VOLUME);
export const keepVolume = (video) => write(VOLUME, { volume: video.volume, muted: video.muted });

/** Seconds to begin with: those of the address (?t=90), else where the recording was left, else -1. */
export function startPlace(id) {
  const wished = /[#&?]t=(\d+)/.exec(location.search + location.hash)?.[1];
  return wished ? Number(wished) : (id && read(PLACES)[id]?.[0]) || -1;
}

export function keepPlace(id, { currentTime: seconds, duration: length }) {
  if (!id || !(seconds > 0 && length > 0)) return;
  const places = read(PLACES);
  delete places[id];
  const entries = Object.entries(places).sort(([, a], [, b]) => b[1] - a[1]).slice(0, MOST - 1);
  const kept = seconds > SOON && seconds < length * END ? [[id, [Math.floor(seconds), Date.now()]]] : [];
  write(PLACES, Object.fromEntries([...kept, ...entries]));
}
