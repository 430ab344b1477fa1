// Fastify with what our middleware does: an id and a line of metrics a request, cookies read, answers from memory.
"use strict";
const crypto = require("node:crypto");
const fastify = require("fastify")({ logger: false, genReqId: () => crypto.randomBytes(8).toString("hex") });

const playlist = process.env.PLAYLIST;
const counts = new Map();
let seconds = 0;

fastify.addHook("onRequest", (request, reply, done) => {
  const cookies = {};
  for (const pair of (request.headers.cookie || "").split(";")) {
    const at = pair.indexOf("=");
    if (at > 0) cookies[pair.slice(0, at).trim()] = pair.slice(at + 1).trim();
  }
  request.visitor = { cookies, address: request.socket.remoteAddress };
  request.begun = process.hrtime.bigint();
  reply.header("x-request-id", request.id);
  done();
});
fastify.addHook("onResponse", (request, reply, done) => {
  const key = `${request.method} ${Math.floor(reply.statusCode / 100)}`;
  counts.set(key, (counts.get(key) || 0) + 1);
  seconds += Number(process.hrtime.bigint() - request.begun) / 1e9;
  done();
});
fastify.decorateRequest("visitor", null);
fastify.decorateRequest("begun", 0n);

fastify.get("/viewers", (request, reply) => {
  reply.header("cache-control", "public, max-age=1").type("application/json").send('{"viewers":0}');
});
fastify.get("/live/index.m3u8", (request, reply) => {
  reply.header("cache-control", "no-store").type("application/vnd.apple.mpegurl").send(playlist);
});
fastify.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
