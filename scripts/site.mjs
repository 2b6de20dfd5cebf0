// Gathers the parts of the site: names with a content hash, brotli and gzip beside each, and a manifest for server/build.rs.
// Usage, from the root: node site.mjs WORK STYLE OUT. Files whose content did not change keep their time, so nothing is rebuilt for them.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const [work, style, out] = process.argv.slice(2);
const pkg = join(out, "pkg");
mkdirSync(pkg, { recursive: true });

const hash = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 12);
const keep = new Set();

function put(name, bytes) {
  keep.add(name);
  const path = join(pkg, name);
  if (existsSync(path)) return name;
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
  writeFileSync(`${path}.br`, brotli);
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  writeFileSync(path, bytes);
  return name;
}

// style/main.css is a list of @import lines; the files are joined in that order.
const main = readFileSync(join(style, "main.css"), "utf8");
const css = Buffer.from(main.replace(/@import\s+(?:url\()?["']([^"']+)["']\)?[^;]*;/g, (_, file) => readFileSync(join(style, file), "utf8")));
// The script of the islands, and what they call: the swapping of pages. Its comments stay here.
const idiomorph = readFileSync("frontend/node_modules/idiomorph/dist/idiomorph.min.js", "utf8");
const own = ["live", "chart"].map((name) => readFileSync(`frontend/${name}.js`, "utf8")).join("");
const bare = own.replace(/^\s*(\/\/.*|\/\*\*[^]*?\*\/)\n/gm, "").replace(/^ +/gm, "");
// What the islands call, and nothing else of it is seen outside.
const called = "{ countChanges, countOn, enliven, listen, lookAgain, readChart, searchFor, sendForm, serverAhead, timeOfDay }";
const js = Buffer.from(`${readFileSync(join(work, "leasehold.js"), "utf8")}\nconst ${called} = (() => {\n${idiomorph}\n${bare}return ${called};\n})();\n`);
const wasm = readFileSync(join(work, "leasehold_opt.wasm"));
const island = hash(Buffer.concat([js, wasm]));

const manifest = {
  css: put(`leasehold.${hash(css)}.css`, css),
  output_name: `leasehold.${island}`,
  js: put(`leasehold.${island}.js`, js),
  wasm: put(`leasehold.${island}_bg.wasm`, wasm),
};
const assets = join(style, "assets");
if (existsSync(assets)) {
  for (const file of readdirSync(assets)) {
    const bytes = readFileSync(join(assets, file));
    const dot = file.lastIndexOf(".");
    manifest[file] = put(`${file.slice(0, dot)}.${hash(bytes)}${file.slice(dot)}`, bytes);
  }
}
for (const file of readdirSync(pkg)) if (!keep.has(file.replace(/\.(br|gz)$/, ""))) rmSync(join(pkg, file));

const text = Object.entries(manifest).map(([key, value]) => `${key}=${value}\n`).join("");
const path = join(out, "manifest");
if (!existsSync(path) || readFileSync(path, "utf8") !== text) writeFileSync(path, text);
