// The peer: Node's socket.io with one room. argv: PORT [TICK_MS]; with a tick it batches like our server does.
const http = require("node:http");
const { Server } = require("socket.io");

const port = Number(process.argv[2]);
const tick = Number(process.argv[3] ?? 0);
const server = http.createServer((_, response) => response.end("ok"));
const io = new Server(server, { perMessageDeflate: false, serveClient: false });

let waiting = [];
let timer = null;
let seq = 0;

function flush(topic) {
  timer = null;
  const messages = waiting;
  waiting = [];
  io.to(topic).emit("batch", [topic, "e", messages]);
}

function publish(topic, text) {
  const message = [++seq, "line", { text }];
  if (!tick) {
    io.to(topic).emit("batch", [topic, "e", [message]]);
    return;
  }
  waiting.push(message);
  timer ??= setTimeout(flush, tick, topic);
}

io.on("connection", (socket) => {
  socket.on("subscribe", ({ topic }, answer) => {
    socket.join(topic);
    answer({ ok: true });
  });
  socket.on("say", ({ topic, text }) => publish(topic, text));
});

server.listen(port, "127.0.0.1", 4096);
