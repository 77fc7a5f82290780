// The module's door: what the host calls. See ../kernel.ts.
import { clearMemory, take, taken } from "./memory";
import { prepareNumerals } from "./numerals";
import { prepareTexts } from "./texts";
export { powersAddress } from "./doubles";
export * from "./columns";
export * from "./records";
export * from "./rows";
export * from "./figures";
export * from "./select";
export * from "./frequent";
export {
  addDoubles,
  addEntries,
  blockAfter,
  blockBegin,
  blockEnd,
  distinctTexts,
  firstBlockOf,
  newTexts,
  setSeed,
  splitTexts,
  tableAt,
  textBytes,
} from "./texts";
export { release, take, taken } from "./memory";

/** To be called before anything else, and again when everything may be forgotten. */
export function reset(): void {
  clearMemory();
  prepareNumerals();
  prepareTexts();
}
