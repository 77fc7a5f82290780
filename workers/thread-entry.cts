// The door through which Piscina enters a thread: CommonJS, so that it has no ES module to `require`. A thread
// that is ended while Node does that aborts the whole process (seen on Node 20.20).
const run = import("./thread.js").then((thread) => thread.default);

export = run;
