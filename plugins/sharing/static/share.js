/** The share dialog: opens in place of the page, begins where the player stands, hands over to the system's own. */
const dialog = document.getElementById("sharing-dialog");
const [url, code] = ["sharing-url", "sharing-code"].map((id) => document.getElementById(id));
const at = dialog.querySelector("[data-sharing-at]");
const native = dialog.querySelector("[data-sharing-native]");
const plain = { url: url.value, code: code?.value };

const place = () => Math.floor(document.querySelector("ax-player video")?.currentTime ?? 0);
const clock = (s) => [...(s >= 3600 ? [Math.floor(s / 3600)] : []), Math.floor(s / 60) % 60, s % 60]
  .map((part, index) => (index ? String(part).padStart(2, "0") : part)).join(":");

let seconds = 0;

function write() {
  const suffix = at?.querySelector("input").checked && seconds ? `?t=${seconds}` : "";
  url.value = plain.url + suffix;
  if (code) code.value = plain.code.replace(/ src="[^"]*/, (source) => source + suffix);
}

function open() {
  seconds = place();
  if (at) {
    at.hidden = seconds < 1;
    at.querySelector("[data-sharing-time]").textContent = clock(seconds);
  }
  write();
  dialog.showModal();
  url.select();
}

document.querySelector("[data-sharing-open]").addEventListener("click", (event) => {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  open();
});
at?.addEventListener("change", write);
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });

if (navigator.share) {
  native.hidden = false;
  // a person who closes the system's dialog has done nothing wrong
  native.addEventListener("click", () => navigator.share({ title: dialog.dataset.name, url: url.value }).catch(() => {}));
}
