/* leukvk's pages as people meet them, in Chromium. Needs LEUKVK_PROGRAM, and `npm ci` in this folder before:
 *
 *     ctest --test-dir build -R browser          does both
 *     LEUKVK_PROGRAM=$PWD/build/leukvk node --test --test-name-pattern=keyboard tests/browser/pages.test.js
 *
 * One process, so that all share one browser and one trained model. */
import {after} from "node:test";
import {work} from "./support.js";

await work.begin();
after(() => work.end());
await import("./serve.js");
await import("./watch.js");
await import("./data.js");
await import("./report.js");
