import { defineConfig } from "vite";

// Vite's own configuration files are read by their default export.
export default defineConfig({
  publicDir: false,
  build: {
    outDir: "../build/web",
    emptyOutDir: true,
    manifest: true,
    target: "es2022",
    modulePreload: false,
    rolldownOptions: {
      input: { faq: "src/faq/faq.ts", contacts: "src/contacts/contacts.ts" },
      output: { entryFileNames: "assets/[name].[hash].js", chunkFileNames: "assets/[name].[hash].js", assetFileNames: "assets/[name].[hash][extname]" },
    },
  },
});
