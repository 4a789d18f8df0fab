#!/usr/bin/env node
// The S3 library warns on every start that its versions of 2027 will want a newer Node; the lock file decides that, not the person at the shell.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
await import("../dist/program/main.js");
