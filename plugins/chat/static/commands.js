/** Completion of slash commands: a source for complete.js. What there is depends on who asks, so the server says it. */
const KEPT = 60_000; // ms, since rights change

/** `address` of the API's list of commands. */
export function commandSource(address) {
  let known = null;
  let at = 0;
  const load = async () => {
    if (known && Date.now() - at < KEPT) return known;
    const answer = await fetch(address, { signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) return known ?? [];
    at = Date.now();
    return (known = (await answer.json()).items);
  };
  return {
    trigger: "/",
    atStart: true,
    least: 0, // a slash alone shows what there is
    async find(word) {
      const begun = word.toLowerCase();
      const all = await load().catch(() => known ?? []);
      return all.filter(({ name }) => name.startsWith(begun))
        .map(({ name, usage, help }) => ({ insert: `/${name} `, label: usage, hint: help }));
    },
  };
}
