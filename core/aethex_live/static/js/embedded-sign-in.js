/**
 * Signing in by a provider's component: the provider's module mounts it and tells the token, the form hands it in.
 *
 * The module's `mount(place, { over })` resolves with the token as soon as somebody is signed in over there, and
 * rejects when the component can't be had.
 */
const place = document.getElementById("embedded");
const form = document.getElementById("embedded-form");
const status = document.getElementById("embedded-status");
const failed = document.getElementById("embedded-failed");

async function run() {
  status.hidden = false;
  // the component's own first element says that it is there
  const seen = new MutationObserver(() => (status.hidden = true));
  seen.observe(place, { childList: true });
  try {
    const { mount } = await import(place.dataset.module);
    form.elements.token.value = await mount(place, { over: "over" in place.dataset });
    form.submit();
  } catch (error) {
    failed.dataset.reason = String(error); // for who looks into the page
    status.hidden = true;
    failed.hidden = false;
  } finally {
    seen.disconnect();
  }
}

// back from the next page, a browser may show this one as it was, with a token that was handed in
addEventListener("pageshow", (event) => event.persisted && location.reload());
run();
