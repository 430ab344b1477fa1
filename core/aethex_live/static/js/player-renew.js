/** Keeps the addresses of what is not public fresh: they hold for ten minutes, and the page asks for new ones before. */
const EARLY = 90; // s before the end
const AGAIN = 20; // s until the next try when it fails
const LONGEST = 480; // s, should the answer not say when they end

/** `take(sources)` gets the new ones; returns a function that stops it. */
export function keepFresh(url, take) {
  let timer = 0;
  let stopped = false;
  const plan = (seconds) => { if (!stopped) timer = setTimeout(renew, seconds * 1000); };
  async function renew() {
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" } });
      if ([401, 403, 404].includes(answer.status)) return; // it is over, or no longer ours to see
      if (!answer.ok) throw new Error(String(answer.status));
      const { sources, expires_at: end } = await answer.json();
      if (stopped) return;
      take(sources);
      if (end) plan(Math.max(AGAIN, (Date.parse(end) - Date.now()) / 1000 - EARLY));
    } catch {
      plan(AGAIN);
    }
  }
  plan(LONGEST);
  return () => { stopped = true; clearTimeout(timer); };
}
