/** How this person likes their chats: on the element as attributes, so that the server's first paint is the same. */
import { Problem } from "aethex/live";

const FETCH = 10_000; // ms
const NAMES = ["times", "density", "size", "names", "removed", "aloud", "sound", "pause"];

/** The choices as they stand on the element. */
export function lookOf(root) {
  return Object.fromEntries(NAMES.map((name) => [name, root.dataset[name]]));
}

/** Show other choices. */
export function applyLook(root, look) {
  for (const name of NAMES) if (look[name]) root.dataset[name] = look[name];
}

/** Send the form, and show at once what it says. Throws a Problem when it was not kept. */
export async function saveLook(form, root) {
  const body = new URLSearchParams(new FormData(form));
  let answer;
  try {
    answer = await fetch(form.action, {
      method: "POST", body, headers: { "HX-Request": "true" }, redirect: "manual", signal: AbortSignal.timeout(FETCH),
    });
  } catch {
    throw new Problem({ type: "offline" });
  }
  // the way back to the page is an answer, too; this page stays
  if (!answer.ok && answer.type !== "opaqueredirect") throw new Problem({ type: "refused" });
  applyLook(root, Object.fromEntries(body));
}
