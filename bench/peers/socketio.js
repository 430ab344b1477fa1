// The peer: Node's socket.io. argv: PORT [TICK_MS [--redis URL]]; with a tick it batches as our server does.
// Viewers are signed in by a cookie; every message has the number of its topic.
const http = require("node:http");
const { Server } = require("socket.io");

const port = Number(process.argv[2]);
const tick = Number(process.argv[3] ?? 0);
const redis = process.argv[4] === "--redis" ? process.argv[5] : null;
const server = http.createServer((_, response) => response.end("ok"));
const io = new Server(server, { perMessageDeflate: false, serveClient: false });

const viewers = new Map();
const topics = new Map();

function topicOf(name) {
  let topic = topics.get(name);
  if (!topic) {
    topic = { name, seq: 0, waiting: [], timer: null };
    topics.set(name, topic);
  }
  return topic;
}

function flush(topic) {
  const messages = topic.waiting;
  topic.timer = null;
  topic.waiting = [];
  io.to(topic.name).emit("batch", [topic.name, "e", messages]);
}

function publish(topic, text) {
  const message = [++topic.seq, "line", { text }];
  if (!tick) {
    io.to(topic.name).emit("batch", [topic.name, "e", [message]]);
    return;
  }
  topic.waiting.push(message);
  topic.timer ??= setTimeout(flush, tick, topic);
}

io.use((socket, next) => {
  const name = /(?:^|; )viewer=([^;]+)/.exec(socket.handshake.headers.cookie ?? "")?.[1];
  if (!name) {
    next(new Error("Sign in first."));
    return;
  }
  if (!viewers.has(name)) viewers.set(name, { user: `user ${name}`, session: `session ${name}` });
  socket.data.viewer = viewers.get(name);
  next();
});

io.on("connection", (socket) => {
  socket.on("subscribe", ({ topic }, answer) => {
    socket.join(topic);
    answer({ ok: true, topic, epoch: "e", seq: topicOf(topic).seq, missed: [] });
  });
  socket.on("say", ({ topic, text }) => publish(topicOf(topic), text));
});

async function connectBus(url) {
  const { createClient } = require("redis");
  const { createAdapter } = require("@socket.io/redis-adapter");
  const publisher = createClient({ url });
  const subscriber = publisher.duplicate();
  await Promise.all([publisher.connect(), subscriber.connect()]);
  io.adapter(createAdapter(publisher, subscriber));
}

(redis ? connectBus(redis) : Promise.resolve()).then(() => server.listen(port, "127.0.0.1", 4096));
