/** This page as the server would write it now, for the parts of it that follow what happens. */
const PATIENCE = 8000; // ms for an answer

/** The answer of `url` as a document; null when it can't be had. `options` as for fetch. */
export async function readPage(url = location.href, options = {}) {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE), ...options });
    if (!answer.headers.get("content-type")?.startsWith("text/html") || answer.status >= 500) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return null;
  }
}

/** Put `fresh` (of another document) in place of `old`; what is typed in it stays typed. */
export function replace(old, fresh) {
  if (old.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return;
  const next = document.adoptNode(fresh);
  old.replaceWith(next);
  window.htmx?.process(next);
}
