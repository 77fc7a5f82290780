// The schema library, as the rest of the project imports it. It is 700 small files, which every process and every
// thread would read one by one when it starts (0.3 s of a core): the build bundles it into this module.
export { default, type Static, type TProperties, type TSchema } from "typebox";
export { Compile } from "typebox/compile";
