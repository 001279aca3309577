import { resolve } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const page = (name: string) => resolve(import.meta.dirname, `${name}.html`);
const backend = process.env.BACKEND ?? "http://127.0.0.1:8000";

/** In development `/desk` is served from desk.html, as the backend does in production. */
const cleanUrls = () => ({
  name: "clean-urls",
  configureServer(server: { middlewares: { use(fn: (req: { url?: string }, res: unknown, next: () => void) => void): void } }) {
    server.middlewares.use((req, _res, next) => {
      req.url = req.url?.replace(/^\/(admin|app|desk|docs|ioc)(?=$|\?)/, "/$1.html");
      next();
    });
  },
});

export default defineConfig({
  plugins: [react(), cleanUrls()],
  build: {
    target: "es2022",
    // maplibre and Swagger UI are that large by nature; each has its own chunk, cached over releases
    chunkSizeWarningLimit: 1600,
    assetsInlineLimit: 2048,
    rolldownOptions: {
      input: { index: page("index"), admin: page("admin"), app: page("app"), desk: page("desk"), docs: page("docs"), ioc: page("ioc") },
      output: {
        // servers are not sure of the type of .mjs; a worker with a wrong one does not start
        assetFileNames: ({ names }) =>
          names[0]?.endsWith(".mjs") ? "assets/[name]-[hash].js" : "assets/[name]-[hash][extname]",
        codeSplitting: {
          groups: [
            { name: "maplibre", test: /node_modules\/maplibre-gl/ },
            { name: "react", test: /node_modules\/(react|react-dom|scheduler)\// },
          ],
        },
      },
    },
  },
  server: { proxy: Object.fromEntries(["/v1", "/tiles", "/ogc", "/media", "/openapi.json"].map((path) => [path, backend])) },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
