// The peer of submissions: a Fastify route that only adds its body to a BullMQ queue.
// usage: fastify-add.js SOCKET; prints its address.
import { Queue } from "bullmq";
import { fastify } from "fastify";
import { Redis } from "ioredis";

const queue = new Queue("bare", {
  connection: new Redis({ path: process.argv[2] ?? "", maxRetriesPerRequest: null }),
});
const app = fastify();
app.post("/add", async (request, reply) => {
  const { id } = await queue.add("add", request.body);
  return reply.code(202).send({ id });
});
process.stdout.write(`listens on ${await app.listen({ port: 0, host: "127.0.0.1" })}\n`);
