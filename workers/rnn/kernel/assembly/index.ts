// What the module exports; built by asc, read by ../kernel.ts.
export { exchange, open, stride, synapse0, synapse1, synapseH } from "./network";
export { right, writeAdditions } from "./additions";
export { ask } from "./ask";
export { learn, prepareLearning } from "./learn";
export { fillTable } from "./quick-sigmoid";
