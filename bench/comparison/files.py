"""Comparing a restored tree with its source, and measuring directories.

Run as a program (python3 files.py SOURCE RESTORED) so that its memory never counts as a tool's: a
child's peak is at least what its parent held when it was started.
"""

import os
import stat
import sys

PIECE = 1 << 20


def size_of(directory):
    """Bytes and number of the regular files below a directory: what a store would bill."""
    size = count = 0
    pending = [directory]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        size += entry.stat(follow_symlinks=False).st_size
                        count += 1
        except FileNotFoundError:
            pass
    return size, count


class Difference(Exception):
    """Names the first path that did not come back as it was, and how."""


def same_tree(source, restored):
    """Compares names, types, bytes, modes, owners, times and link targets.

    Times of directories count too. Returns how many entries were compared; a comparison of nothing
    is a difference. Raises Difference.
    """
    compared = _same_entry(source, restored)
    if compared < 2 and os.path.isdir(source):
        raise Difference(f"{source} is empty: nothing was compared")
    return compared


def _same_entry(source, restored):
    compared = 0
    pending = [(source, restored)]
    while pending:
        left, right = pending.pop()
        try:
            a, b = os.lstat(left), os.lstat(right)
        except FileNotFoundError as e:
            raise Difference(f"{e.filename} is missing") from e
        compared += 1
        for field in ("st_mode", "st_uid", "st_gid", "st_mtime_ns"):
            if getattr(a, field) != getattr(b, field):
                raise Difference(
                    f"{right}: {field} is {getattr(b, field)} and was {getattr(a, field)}"
                )
        if stat.S_ISLNK(a.st_mode):
            if os.readlink(left) != os.readlink(right):
                raise Difference(f"{right} points elsewhere")
        elif stat.S_ISREG(a.st_mode):
            if a.st_size != b.st_size:
                raise Difference(f"{right} has {b.st_size} bytes and had {a.st_size}")
            if a.st_size:
                _same_bytes(left, right, a.st_size)
        elif stat.S_ISDIR(a.st_mode):
            names, others = sorted(os.listdir(left)), sorted(os.listdir(right))
            if names != others:
                odd = sorted(set(names) ^ set(others))[0]
                raise Difference(f"{right}: {odd} is on one side only")
            pending.extend((f"{left}/{name}", f"{right}/{name}") for name in names)
        else:
            raise Difference(f"{left} is neither file, directory nor link")
    return compared


def _same_bytes(left, right, size):
    a, b = os.open(left, os.O_RDONLY), os.open(right, os.O_RDONLY)
    try:
        if size <= PIECE:
            if os.pread(a, size, 0) != os.pread(b, size, 0):
                raise Difference(f"{right} has other bytes")
            return
        at = 0
        while at < size:
            # Where both have a hole there is nothing to read: a sparse image stays cheap.
            at = min(_next_data(a, at, size), _next_data(b, at, size))
            if at >= size:
                return
            piece = min(PIECE, size - at)
            if os.pread(a, piece, at) != os.pread(b, piece, at):
                raise Difference(f"{right} has other bytes in the {PIECE} from {at}")
            at += piece
    finally:
        os.close(a)
        os.close(b)


def _next_data(descriptor, at, size):
    try:
        return os.lseek(descriptor, at, os.SEEK_DATA)
    except OSError:
        return size


if __name__ == "__main__":
    try:
        print(same_tree(sys.argv[1], sys.argv[2]))
    except Difference as difference:
        print(difference, file=sys.stderr)
        sys.exit(1)
