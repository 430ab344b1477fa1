/** Claps over the page's socket; where that fails, the form is sent as it would be without JavaScript. */
import { Problem, send } from "aethex/live";

for (const form of document.querySelectorAll("[data-applause]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await send("applause.clap", { broadcast: form.dataset.applause });
    } catch (problem) {
      if (problem instanceof Problem && problem.detail) form.querySelector("[data-said]").textContent = problem.detail;
      else form.submit();
    }
  });
}
