import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** One module of readable code with everything in it that it needs, but what Node itself brings; and the modules it still imports. */
async function bundle(entry, { platform, plugins = [] }) {
  const build = await rolldown({
    cwd: ROOT,
    input: join(ROOT, entry),
    platform,
    external: /^node:/,
    plugins,
    tsconfig: false,
    // Modules here only define things; what is not used has no business in the file.
    treeshake: { moduleSideEffects: (id) => id === join(ROOT, entry) || id.endsWith("/standalone/page/plain.ts") },
    experimental: { attachDebugInfo: "simple" },
    logLevel: "silent",
    onLog: (_level, log) => {
      throw new Error(`${entry}: ${log.message}`);
    },
  });
  const { output } = await build.generate({
    format: "es",
    codeSplitting: false,
    comments: { legal: true, jsdoc: true },
  });
  await build.close();
  const [chunk, ...rest] = output;
  if (chunk?.type !== "chunk" || rest.length > 0) throw new Error(`${entry}: expected one file`);
  const imports = [...chunk.code.matchAll(/^(?:import|export)\b.*?["']([^"']+)["'];?$/gm)].map(([, name]) => name);
  return { code: chunk.code, licences: await licencesOf(Object.keys(chunk.modules)), imports };
}

/** The licences of the packages whose code is in the file, as a comment. */
export async function licencesOf(modules) {
  const folders = new Set(
    modules.flatMap((id) => /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id.replaceAll("\\", "/"))?.[1] ?? []),
  );
  const own = await readFile(join(ROOT, "package.json"), "utf8").then(JSON.parse);
  const texts = [`This file is part of ${own.name} ${own.version} (licence: ${own.license}). It contains:`];
  for (const folder of [...folders].sort()) {
    const { name, version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    texts.push(`${name} ${version}\n\n${(await readFile(join(folder, "LICENSE"), "utf8")).trim()}`);
  }
  const comment = texts.join(`\n\n${"-".repeat(80)}\n\n`).replaceAll("*/", "* /");
  return `/*!\n${comment}\n*/\n`;
}

/** The browser's form of the primitives in the place of Node's: the only difference between the two verifiers. */
const webPlatform = {
  name: "web-platform",
  resolveId: (source, importer) =>
    source === "./platform-node.ts" && importer?.endsWith("/src/lib/platform.ts")
      ? join(ROOT, "src/lib/platform-web.ts")
      : null,
};

const hashOf = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** Source text as it may stand in a page: nothing in it ends the script. */
const inline = (code) => code.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");

/** `verify.mjs`: one file for Node, which imports nothing but Node itself. */
export async function buildNodeVerifier() {
  const { code, licences, imports } = await bundle("src/standalone/node.ts", {
    platform: "node",
  });
  const foreign = imports.filter((name) => !name.startsWith("node:"));
  if (foreign.length > 0) throw new Error(`verify.mjs would import ${foreign.join(", ")}`);
  return `#!/usr/bin/env node\n${code.replace(/^#!.*\n/, "")}\n${licences}`;
}

/** `verify.html`: one page with script and style in it, which may not reach any network. */
export async function buildPageVerifier() {
  const { code, licences, imports } = await bundle("src/standalone/page/page.ts", {
    platform: "browser",
    plugins: [webPlatform],
  });
  if (imports.length > 0) throw new Error(`verify.html would import ${imports.join(", ")}`);
  const folder = join(ROOT, "src/standalone/page");
  const [page, style] = await Promise.all(
    ["page.html", "page.css"].map((name) => readFile(join(folder, name), "utf8")),
  );
  const script = `\n${inline(`"use strict";\n(() => {\n${code}})();\n${licences}`)}`;
  const css = `\n${style}`;
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(css)}`,
    // The same script again, in the background; it inherits this policy.
    "worker-src blob:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return page
    .replace("{{policy}}", () => policy)
    .replace("/* style */", () => css)
    .replace("/* program */", () => script);
}

/** Writes both into a folder. */
export async function buildStandalone(folder) {
  const [node, page] = await Promise.all([buildNodeVerifier(), buildPageVerifier()]);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "verify.mjs"), node, { mode: 0o755 });
  await writeFile(join(folder, "verify.html"), page);
  return { "verify.mjs": Buffer.byteLength(node), "verify.html": Buffer.byteLength(page) };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  const folder = resolve(process.argv[2] ?? join(ROOT, "dist/standalone"));
  for (const [name, bytes] of Object.entries(await buildStandalone(folder)))
    process.stdout.write(`${relative(process.cwd(), join(folder, name))}: ${Math.round(bytes / 1024)} KiB\n`);
}
