/** The server's public entry, for programs that run it inside themselves: the demo, benchmarks. */
export { readSettings, type Settings, SettingsError } from './settings.ts';
export { type RunningServer, type StartOptions, startServer } from './start.ts';
