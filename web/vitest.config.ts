import { defineConfig } from "vitest/config";

// Vite's own configuration files are read by their default export.
export default defineConfig({ test: { include: ["src/**/*.test.ts"], environment: "node" } });
