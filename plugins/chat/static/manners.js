/**
 * Forms with data-event, in the dialog and above the log: sent over the socket instead of as a page. Fields of numbers
 * carry data-number, checkboxes become true or false, fields that are left empty and carry data-optional are left out.
 */
import { Problem } from "aethex/live";

function dataOf(form) {
  const data = {};
  for (const field of form.elements) {
    if (!field.name || ["csrf", "next"].includes(field.name) || field.type === "submit") continue;
    if (field.type === "radio" && !field.checked) continue;
    if ("optional" in field.dataset && !field.value) continue;
    data[field.name] = field.type === "checkbox" ? field.checked : "number" in field.dataset ? Number(field.value) : field.value;
  }
  return data;
}

function tell(form, text) {
  const told = form.querySelector("[data-told]") ?? document.createElement("p");
  told.className = "ax-field__error";
  told.dataset.told = "";
  told.setAttribute("role", "alert");
  told.textContent = text;
  form.prepend(told);
}

/** `room` has act, say, strings, barrier, composer. */
export function listen(root, room) {
  root.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-event]");
    if (!form) return;
    event.preventDefault();
    event.stopPropagation();
    try {
      await room.act(form.dataset.event, dataOf(form));
      form.closest("dialog")?.close();
      if (form.dataset.event === "chat.accept_rules") room.barrier.refresh(0);
      room.composer?.focus();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      tell(form, problem.detail ?? room.strings.failed);
    }
  }, true);
}
