// Lint rules: typescript-eslint's strict, type-aware preset and a handful of our own.
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  { ignores: ['dist/', 'bundle/', 'lib/', 'node_modules/', 'test/fixtures/', 'coverage/'] },
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-definitions': ['error', 'type'],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
    },
  },
  {
    // they import the package by its name, as its users do: `npm run build` comes first
    files: ['examples/**/*.ts'],
    languageOptions: { parserOptions: { projectService: false, project: 'tsconfig.examples.json' } },
  },
  {
    files: ['**/*.js', '**/*.cjs'],
    languageOptions: { parserOptions: { projectService: false, project: 'tsconfig.scripts.json' } },
    // it does not see that a JSDoc cast gives JSON.parse's answer a type
    rules: { '@typescript-eslint/no-unsafe-assignment': 'off' },
  },
  { files: ['bin/*.js'], rules: { '@typescript-eslint/no-require-imports': 'off' } }, // CommonJS
  {
    files: ['assets/*.js'], // written for browsers
    languageOptions: { parserOptions: { project: 'tsconfig.assets.json' } },
  },
  {
    files: ['test/types/*.ts'], // nothing in them is run: values are there for their types
    rules: {
      '@typescript-eslint/no-unused-vars': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
    },
  },
);
