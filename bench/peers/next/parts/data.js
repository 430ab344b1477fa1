// What the pages show; in memory, as the site has it.
import { readFileSync } from "node:fs";

export const data = JSON.parse(readFileSync(process.env.DATA, "utf8"));

export function elapsed(from) {
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(from)) / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n) => String(n).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

export const number = (n) => n.toLocaleString("en");
