// A bot that answers !hello. It is somebody else's program as far as the site knows: it lives by its token alone.
//
//   AETHEX_TOKEN=aex_... node hello-bot.mjs https://live.example nova
import { Chat } from "./chat.mjs";

const [site, slug] = process.argv.slice(2);
const token = process.env.AETHEX_TOKEN;
if (!token) throw new Error("Make a bot and a token for it in your account settings, then set AETHEX_TOKEN to it.");

const chat = await Chat.open(site, slug, {
  async line({ id, author, text }) {
    if (author.bot || text.trim() !== "!hello") return; // bots that answer bots never end
    try {
      // derived from the question, so that it is answered once even when two of us run
      await chat.write(`Hello, ${author.name}!`, { reply_to: id, client_id: id.slice(0, 36) });
    } catch (error) {
      console.error(error.message);
    }
  },
  status: (words) => console.error(words),
}, { token });
