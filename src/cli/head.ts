export { parseHead } from "../verify/known-head.ts";
