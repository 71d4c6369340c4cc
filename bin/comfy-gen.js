#!/usr/bin/env node
// The process: its streams, signals and exit code; all else is in dist/cli.
import { processTerminal } from '../dist/cli/process-terminal.js';
import { main } from '../dist/cli/main.js';

process.exitCode = await main(process.argv.slice(2), processTerminal());
