/** A worker that ticks: timers of a page in the background run once a second, those of workers do not. */
const EVERY = 100; // ms

setInterval(() => postMessage(0), EVERY);
