// Where the registry is: this file is served from `scan/` below it, whatever address the page itself was opened at.
export const root = new URL("../", import.meta.url);
export const at = (path) => new URL(path, root).href;
