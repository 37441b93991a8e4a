"""Runs a command and says what it cost; says what the machine is."""

import os
import platform
import shutil
import signal
import statistics
import subprocess
import time


class StepFailed(Exception):
    """A measured command failed; the text is for the reader of the log."""


class Tally:
    """All rounds of all steps, in the order in which they were first seen."""

    def __init__(self):
        self.rows = {}

    def add(self, size, step, sample, packages=None):
        """Files one sample; `packages` makes a rate of the row."""
        row = self.rows.setdefault((size, step), {
            "size": size, "step": step, "packages": packages, "samples": []})
        row["samples"].append(sample)

    def skip(self, size, step, why):
        """A step that cannot be measured here stays visible in the table."""
        self.rows.setdefault((size, step), {
            "size": size, "step": step, "packages": None, "samples": [],
            "skipped": why})

    def results(self):
        """One dictionary for each row: medians, the rate, every sample."""
        found = []
        for row in self.rows.values():
            row = dict(row)
            for key in ("wall", "cpu", "rss_mb"):
                values = [sample[key] for sample in row["samples"]]
                row[key] = statistics.median(values) if values else None
            if row["packages"] and row["wall"]:
                row["rate"] = row["packages"] / row["wall"]
            found.append(row)
        return found


def run(command, log, environment=None, timeout=3600):
    """Runs one command to its end and returns what it cost.

    wall is in seconds; cpu is user + system seconds of the command and of
    every descendant it waited for; rss_mb is the largest resident set of any
    one of those processes, in MiB; load is the load average of the last minute
    when the command started, which tells a quiet machine from a busy one.
    Output goes to the file `log`. Raises StepFailed when the command fails.
    """
    # What earlier steps left to be written is not this step's cost.
    os.sync()
    load = os.getloadavg()[0]
    with open(log, "ab") as output:
        output.write(("\n$ %s\n" % " ".join(command)).encode())
        output.flush()
        start = time.monotonic()
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            env=environment, start_new_session=True)
        status, usage = _wait(child, start + timeout)
        wall = time.monotonic() - start
    if status != 0:
        raise StepFailed("exit status %s of: %s\n%s" % (
            status, " ".join(command), _tail(log)))
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime,
            "rss_mb": usage.ru_maxrss / 1024, "load": load}


def _wait(child, deadline):
    """Waits with wait4, which alone gives the usage of this child's tree."""

    def expired(_signal, _frame):
        os.killpg(child.pid, signal.SIGKILL)

    before = signal.signal(signal.SIGALRM, expired)
    signal.alarm(max(1, int(deadline - time.monotonic())))
    try:
        _, status, usage = os.wait4(child.pid, 0)
    except KeyboardInterrupt:
        os.killpg(child.pid, signal.SIGKILL)
        raise
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    # Popen must not wait again for a process that is gone.
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, usage


def _tail(path, lines=15):
    with open(path, encoding="utf-8", errors="replace") as handle:
        return "".join(handle.readlines()[-lines:])


def first_line(command):
    """The first line that a command prints, or None when it is not there."""
    if shutil.which(command[0]) is None:
        return None
    done = subprocess.run(command, stdin=subprocess.DEVNULL, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = done.stdout.strip().splitlines()
    return lines[0] if lines else None


def machine(binary, work):
    """Everything outside the programs that figures depend on."""
    model = platform.machine()
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as handle:
        for line in handle:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    with open("/proc/meminfo", encoding="utf-8") as handle:
        memory = int(handle.readline().split()[1]) // 1024
    return {
        "date": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
        "debpress": first_line([binary, "--version"]),
        "commit": first_line(["git", "-C", os.path.dirname(__file__), "describe",
                              "--always", "--dirty"]),
        "reprepro": first_line(["reprepro", "--version"]),
        "apt-ftparchive": first_line(["apt-ftparchive", "--version"]),
        "gzip": first_line(["gzip", "--version"]),
        "xz": first_line(["xz", "--version"]),
        "kernel": platform.release(),
        "cpu": "%d x %s" % (len(os.sched_getaffinity(0)), model),
        "memory": "%d MiB" % memory,
        "file system": first_line(["stat", "-f", "-c", "%T", work]),
    }
