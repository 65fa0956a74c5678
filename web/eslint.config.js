import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["examples/**", "**/dist/**", "**/generated/**", "**/node_modules/**", "test-results/**", "screenshots/**"] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  { files: ["**/*.mjs"], languageOptions: { globals: { console: "readonly", process: "readonly", URL: "readonly" } } },
  { files: ["**/*.tsx"], ...a11y.flatConfigs.strict },
  { files: ["**/*.{ts,tsx}"], plugins: { "react-hooks": hooks }, rules: hooks.configs.recommended.rules },
  // What scrolls must be reachable by the keyboard.
  { files: ["**/*.tsx"], rules: { "jsx-a11y/no-noninteractive-tabindex": ["error", { roles: ["group"], tags: [] }] } },
  { rules: { "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }] } },
  { files: ["**/tests/**", "testing/**", "e2e/**"], rules: { "@typescript-eslint/no-non-null-assertion": "off" } },
);
