/** What helps with writing a message; comes with the first focus on the field. */
import { complete } from "./complete.js";
import { mentions } from "./mentions.js";

/** `room` is that of room.js; -> stop */
export function help(form, room) {
  return complete(form.querySelector("textarea"), [mentions(room)]);
}
