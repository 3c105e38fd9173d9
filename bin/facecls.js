#!/usr/bin/env node
import { main } from '../dist/src/cli.js';

// An error on standard output may have set the exit code already.
process.exitCode = (await main(process.argv.slice(2))) || process.exitCode;
