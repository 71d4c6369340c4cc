// Loaded before a measured program (`node --require`): writes its peak memory (MB) and processor time (ms) to $BENCH_REPORT when it ends.
const { readFileSync, writeFileSync } = process.getBuiltinModule('node:fs');

/** VmHWM where the system tells (Linux): `maxRSS` there counts what the parent had before it became this program. */
function peakKb() {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
  } catch {
    return process.resourceUsage().maxRSS;
  }
}

process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  const report = { peak: peakKb() / 1024, cpu: (user + system) / 1000 };
  writeFileSync(String(process.env['BENCH_REPORT']), JSON.stringify(report));
});
