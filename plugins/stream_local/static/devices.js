/** Cameras, microphones, screens: asked for, listed, and the last choice remembered in this browser. */
const KEY = "stream-local-go-live";

export const PRESETS = {
  "1080p30": { width: 1920, height: 1080, fps: 30, kbps: 4500 },
  "720p30": { width: 1280, height: 720, fps: 30, kbps: 2500 },
  "480p30": { width: 854, height: 480, fps: 30, kbps: 1200 },
  "360p30": { width: 640, height: 360, fps: 30, kbps: 700 },
};

export function remembered() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}");
  } catch {
    return {}; // storage is off, or holds something else
  }
}

export function remember(choice) {
  try {
    localStorage.setItem(KEY, JSON.stringify(choice));
  } catch {
    // storage is off: then it is chosen anew each time
  }
}

const chosen = (id) => (id ? { deviceId: { exact: id } } : {});

/** A camera's stream; falls back to any camera when the remembered one is gone. */
export function openCamera(id, { width, height, fps }) {
  const wish = { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: fps, max: fps } };
  return withFallback(id, (given) => ({ video: { ...wish, ...chosen(given) } }));
}

export function openMicrophone(id) {
  const wish = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  return withFallback(id, (given) => ({ audio: { ...wish, ...chosen(given) } }));
}

export function openScreen({ fps }) {
  return navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: fps, max: fps } }, audio: true });
}

async function withFallback(id, constraints) {
  try {
    return await navigator.mediaDevices.getUserMedia(constraints(id));
  } catch (error) {
    if (!id || !["OverconstrainedError", "NotFoundError"].includes(error.name)) throw error;
    return navigator.mediaDevices.getUserMedia(constraints(""));
  }
}

/** {cameras: [{id, label}], microphones: […]}; labels are there once access was given. */
export async function list() {
  const found = await navigator.mediaDevices.enumerateDevices();
  const of = (kind) => found.filter((device) => device.kind === kind && device.deviceId)
    .map(({ deviceId: id, label }) => ({ id, label }));
  return { cameras: of("videoinput"), microphones: of("audioinput") };
}

export function stop(stream) {
  stream?.getTracks().forEach((track) => track.stop());
}
