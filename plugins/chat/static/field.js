/** What helps with writing a message: completion and the picker; comes with the first focus on the form. */
import { commandSource } from "./commands.js";
import { complete } from "./complete.js";
import { Emotes } from "./emotes.js";
import { mentions } from "./mentions.js";

/** `room` is that of room.js; -> { pick, stop }: `pick` opens the picker. */
export function help(form, room) {
  const field = form.querySelector("textarea");
  const button = form.querySelector("[data-emotes]");
  const { channel, list, table } = button.dataset;
  const emotes = room.emotes = new Emotes({ channel, list, table });
  let picker;
  const pick = async () => {
    const { Picker } = await import("./picker.js");
    const box = form.parentElement.querySelector("[data-picker]");
    picker ??= new Picker(box, { button, field, emotes });
    picker.toggle();
  };
  const end = complete(field, [mentions(room), emotes.source(), commandSource(room.commands)]);
  return { pick, stop: () => { picker?.stop(); end(); } };
}
