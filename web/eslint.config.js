import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  { ignores: ["build/", "node_modules/"] },
  {
    files: ["src/**/*.ts", "e2e/**/*.ts", "tools/**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // A number or a boolean in a text says what it is.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      "@typescript-eslint/no-empty-function": "off",
      // What must not be there is left out by its name.
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true }],
      // `T` says what a value that was kept is taken for.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      "no-restricted-exports": ["error", { restrictDefaultExports: { direct: true, named: true, defaultFrom: true } }],
    },
  },
);
