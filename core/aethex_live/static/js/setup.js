/** The test picture of the set-up: while it begins or runs, the page asks now and then how it stands. */
import { readPage } from "aethex/page";

const AGAIN = 1000; // ms while it begins
const RUNNING = 5000; // ms while it is watched: only its end is news

const part = () => document.getElementById("picture");

async function look() {
  const old = part();
  const stage = old?.dataset.stage;
  if (stage !== "starting" && stage !== "live") return;
  const fresh = (await readPage())?.getElementById("picture");
  // a player that runs is left alone until the test is over
  if (fresh && fresh.dataset.stage !== stage) old.replaceWith(document.adoptNode(fresh));
  wait();
}

function wait() {
  const stage = part()?.dataset.stage;
  if (stage === "starting" || stage === "live") setTimeout(look, stage === "starting" ? AGAIN : RUNNING);
}

wait();
