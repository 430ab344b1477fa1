/** Who can be mentioned: the people whose lines stand in the log, read from it at each word; no request. */
function people(lines, me) {
  const found = new Map();
  const toMe = lines.findLast((line) => line.dataset.mention !== undefined && line.dataset.user !== me);
  for (const line of [toMe, ...lines.toReversed()]) {
    const name = line?.querySelector("a.ax-msg__name[href]");
    if (!name || !line.dataset.user || line.dataset.user === me || found.has(line.dataset.user)) continue;
    found.set(line.dataset.user, { username: name.title.slice(1), name: name.textContent });
  }
  return [...found.values()];
}

/** `room` has log and me; who last mentioned us stands first, then who spoke last. */
export function mentions(room) {
  return {
    trigger: "@",
    atStart: false,
    async find(word) {
      const start = word.toLowerCase();
      return people(room.log.lines, room.me)
        .filter(({ username, name }) => [username, name].some((text) => text.toLowerCase().startsWith(start)))
        .map(({ username, name }) => ({ insert: `@${username}`, label: name, hint: `@${username}` }));
    },
  };
}
