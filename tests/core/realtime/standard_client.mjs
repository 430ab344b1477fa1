// The standard socket.io-client against a server at argv[2] over the transports in argv[3], separated by commas;
// prints one JSON object of what it saw.
import { io } from "socket.io-client";

const url = process.argv[2];
const transports = process.argv[3].split(",");
const options = { transports, forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 100 };
const limit = (promise, what) =>
  Promise.race([promise, new Promise((_, reject) => setTimeout(() => reject(new Error(`timeout: ${what}`)), 5000).unref())]);
const once = (emitter, name) => limit(new Promise((resolve) => emitter.once(name, resolve)), name);
const seen = {};

const client = io(url, { ...options, auth: { token: "abc" }, extraHeaders: { Cookie: "session=anna" } });
await once(client, "connect");
seen.connected = client.connected;
const topic = "chat:node";
const joined = await client.emitWithAck("subscribe", { topic });
seen.joined = joined;

const lines = [];
let last = joined.seq;
client.on("batch", ([name, epoch, messages]) => {
  for (const [seq, , data] of messages) {
    lines.push(data.text);
    last = seq;
  }
});
for (let i = 0; i < 100; i++) client.emit("chat.say", { topic, text: `line ${i} é✓ "q"` });
await limit((async () => { while (lines.length < 100) await new Promise((r) => setTimeout(r, 5)); })(), "100 lines");
seen.lines = lines.slice();

// an upgrade goes on under the lines above; after it nothing is missing
if (transports.length > 1 && client.io.engine.transport.name === "polling") await once(client.io.engine, "upgrade");
seen.transport = client.io.engine.transport.name;

client.on("quiz", ({ picture }, ack) => ack(Buffer.from(picture).reverse()));
const quiz = await client.emitWithAck("open.quiz", { topic, picture: Buffer.from([1, 2, 3]) });
seen.quiz = [...quiz.answer];

seen.refused = await client.emitWithAck("chat.say", { topic, text: "" });
seen.unknown = await client.emitWithAck("nothing.here", {});

// the transport drops; the client comes back by itself and asks for what it missed
const back = once(client, "connect");
client.io.engine.close();
await back;
const resumed = await client.emitWithAck("subscribe", { topic, last: last - 3, epoch: joined.epoch });
seen.resumed = resumed.missed.map(([seq]) => seq);

const ping = once(client.io, "ping");
await ping;
seen.alive = client.connected;

const reason = once(client, "disconnect");
client.disconnect();
seen.reason = await reason;

const banned = io(url, { ...options, extraHeaders: { Cookie: "session=banned" } });
const error = await once(banned, "connect_error");
seen.banned = { message: error.message, data: error.data };
banned.close();

const stray = io(`${url}/random`, options);
seen.stray = (await once(stray, "connect_error")).message;
stray.close();

console.log(JSON.stringify(seen));
process.exit(0);
