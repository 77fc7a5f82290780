// The tests' job types after a change of meaning: `test.echo` has a further version.
import { jobTypes as current, echo } from "../fixture-job-types.js";

const newer = { ...echo, version: 2, task: () => ({ result: "newer" }) };

export const jobTypes = [...current.filter((type) => type !== echo), newer];
