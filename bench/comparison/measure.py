"""Running one command and saying what it took."""

import os
import subprocess
import time


class Failed(Exception):
    """A command that had to succeed did not; the message ends with what it said."""


class Cost:
    """Wall clock, processor time in user and kernel mode, and the peak resident memory of the
    largest process; of several commands run one after the other, the sums and the largest peak."""

    def __init__(self, wall=0.0, user=0.0, system=0.0, peak=0):
        self.wall, self.user, self.system, self.peak = wall, user, system, peak

    def __add__(self, other):
        return Cost(
            self.wall + other.wall,
            self.user + other.user,
            self.system + other.system,
            max(self.peak, other.peak),
        )


def run(command, environment, log, directory=None):
    """Runs a command to its end and returns its Cost. Output goes to the file log."""
    with open(log, "wb") as output:
        begin = time.monotonic()
        child = subprocess.Popen(
            command,
            env=environment,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            child.kill()
            child.wait()
            raise
        wall = time.monotonic() - begin
        # Popen is told that its child is gone.
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        with open(log, "r", errors="replace") as said:
            tail = said.read()[-2000:]
        raise Failed(f"{' '.join(map(str, command))}\nended with {child.returncode}: {tail}")
    # Linux counts ru_maxrss in KiB.
    return Cost(wall, usage.ru_utime, usage.ru_stime, usage.ru_maxrss * 1024)
