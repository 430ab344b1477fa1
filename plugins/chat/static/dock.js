/**
 * A dock or an overlay of OBS: there is no session, all is asked for with the page's token and without cookies. It
 * stands before the chat's own module, so that every part of the chat asks this way.
 */
const token = document.querySelector('meta[name="aethex-token"]')?.content;
const ask = globalThis.fetch.bind(globalThis);

globalThis.fetch = (address, options = {}) => {
  const target = new URL(address instanceof Request ? address.url : address, location.href);
  if (target.origin !== location.origin) return ask(address, options);
  const headers = new Headers(options.headers);
  if (token) headers.set("Authorization", `Bearer ${token}`);
  return ask(address, { ...options, headers, credentials: "omit" });
};
