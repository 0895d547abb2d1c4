"""What it was measured on, and where there is room for it."""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = {
    "restic": "restic",
    "borg": "borgbackup",
    "psql": "postgresql-15",
    "setpriv": "util-linux",
    "xz": "xz-utils",
    "git": "git",
}
LINUX = Path("/usr/src/linux-source-6.1.tar.xz")


def install(programs):
    """Installs what is missing from Debian's packages; needs root for that, and only for that."""
    missing = [PACKAGES[name] for name in programs if name in PACKAGES and not shutil.which(name)]
    if "linux" in programs and not LINUX.exists():
        missing.append("linux-source-6.1")
    if "psql" in programs and "postgresql-15" not in missing and not postgres_programs():
        missing.append("postgresql-15")
    if not missing:
        return
    print("installing:", *missing, file=sys.stderr)
    # The package would start a server of its own on the default port.
    configuration = Path("/etc/postgresql-common/createcluster.conf")
    if "postgresql-15" in missing and not configuration.exists():
        configuration.parent.mkdir(parents=True, exist_ok=True)
        configuration.write_text("create_main_cluster = false\n")
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for arguments in (
        ["update", "-qq"],
        ["install", "-y", "-qq", "--no-install-recommends", *missing],
    ):
        subprocess.run(
            ["apt-get", *arguments], check=True, env=environment, stdout=subprocess.DEVNULL
        )


def postgres_programs():
    """The folder of PostgreSQL's programs, the newest there is, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: p.parts[-3])
    return found[-1].parent if found else None


def describe(work):
    """Cores, memory, kernel and the like: a figure means nothing without them."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = 0
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemTotal"):
            memory = int(line.split()[1]) * 1024
    return {
        "cpu": model,
        "cores": len(os.sched_getaffinity(0)),
        "memory": memory,
        "kernel": platform.release(),
        "file_system": file_system(work),
        "python": platform.python_version(),
    }


def file_system(directory):
    """The kind of file system that holds a directory."""
    best = ("", "unknown")
    target = str(Path(directory).resolve())
    for line in Path("/proc/mounts").read_text().splitlines():
        _, mounted, kind = line.split()[:3]
        mounted = mounted.replace("\\040", " ")
        inside = target == mounted or target.startswith(mounted.rstrip("/") + "/")
        if inside and len(mounted) >= len(best[0]):
            best = (mounted, kind)
    return best[1]


def roomy(needed):
    """A directory in memory if it has room for so many bytes, else one on disk."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and free(memory) > needed * 1.2:
        return memory / "lifeboat-compare"
    return Path("/var/tmp/lifeboat-compare")


def free(directory):
    """Bytes that may still be written to the file system of a directory that may not exist yet."""
    directory = Path(directory)
    while not directory.exists():
        directory = directory.parent
    room = shutil.disk_usage(directory).free
    if file_system(directory) == "tmpfs":
        # Room in memory is room only if there is memory.
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable"):
                room = min(room, int(line.split()[1]) * 1024)
    return room
