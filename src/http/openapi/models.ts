// What the API's description says of trained models: their documents, and their weights.
import { rnnTrain } from "../../../workers/jobs/rnn-train.js";
import Type from "../../../workers/typebox.js";
import { nullable, time } from "../schemas.js";

const { id, name, ...settings } = rnnTrain.output.properties.model.properties;

export const modelSchema = Type.Object(
  {
    id: Type.String({
      ...id,
      description: "The training job's id; `default` for the model that is always there.",
    }),
    name: Type.Union(name.anyOf, { description: "The name that its training asked for, if any." }),
    ...settings,
    createdAt: nullable(time("When its training was submitted; null for `default`.")),
  },
  { $id: "Model", description: "A trained network." },
);

export const modelListSchema = Type.Object(
  {
    models: Type.Array(modelSchema, {
      description: "Newest first; `default` is the last one of the last page.",
    }),
    nextCursor: nullable(Type.String({ description: "`cursor` of the next page; null on the last." })),
  },
  { $id: "ModelList", description: "A page of models." },
);

const matrix = (shape: string) =>
  Type.Array(Type.Array(Type.Number()), { description: `${shape}, row by row.` });

export const weightsSchema = Type.Object(
  {
    synapse0: matrix("From the two bits to the hidden units: 2 × hiddenDim"),
    synapse1: matrix("From the hidden units to the output: hiddenDim × 1"),
    synapseH: matrix("From the hidden units before to those now: hiddenDim × hiddenDim"),
  },
  {
    $id: "Weights",
    description: "The weights of a model: float64, written so that they are read back exactly.",
  },
);

export const modelExample = {
  ...rnnTrain.example.output.model,
  ...{ name: "mine", iterations: 10_000, seed: 1, accuracy: 1 },
};

export const defaultExample = { ...modelExample, id: "default", name: "default", seed: 0, createdAt: null };

/** Those of one hidden unit that seed 0 begins with. */
export const weightsExample = {
  synapse0: [[0.09762700785464951], [0.4303787327448388]],
  synapse1: [[0.20552675214328775]],
  synapseH: [[0.08976636599379373]],
};
