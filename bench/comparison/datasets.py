"""The data sets: each is made from a seed, has two nights, and can go from one to the other.

A data set is a directory DIR with

    live/    what is backed up: the first night, until change(), and again after revert()
    aside/   what the other night has instead
    made     how it was made; a data set that was made the same way is used again

Going from one night to the other renames what differs between live and aside, so that unchanged files
keep everything, their change times included.
"""

import hashlib
import json
import multiprocessing
import os
import random
import shutil
import subprocess
import time
from pathlib import Path

from . import machine, text
from .postgres import Server

MEBI = 1 << 20
# Files younger than a few seconds are read again by careful tools: none is when a backup begins.
SETTLE_SECONDS = 4


class DataSet:
    """One data set; the figures say what it takes at scale 1, in MiB."""

    name = ""
    title = ""
    live_mib = 0
    aside_mib = 0
    vault_mib = 0
    # Space that one restore takes; None: as the live data.
    restored_mib = None
    programs = ()
    on_disk = False

    def __init__(self, work, scale, seed=1):
        self.home = Path(work) / "data" / self.name
        self.live = self.home / "live"
        self.aside = self.home / "aside"
        self.scale = scale
        self.seed = seed

    def needs(self, tools):
        """Bytes that the data, the vaults of all tools and one restored copy take at the most."""
        restored = self.live_mib if self.restored_mib is None else self.restored_mib
        total = self.live_mib + self.aside_mib + self.vault_mib * tools + restored
        return int(total * max(self.scale, 0.02) * MEBI)

    def prepare(self):
        """Makes the data set unless it is there, and brings it to its first night."""
        recipe = json.dumps({"set": self.name, "scale": self.scale, "seed": self.seed, "format": 1})
        made = self.home / "made"
        if made.exists() and made.read_text() == recipe:
            self.revert()
            return
        shutil.rmtree(self.home, ignore_errors=True)
        self.live.mkdir(parents=True)
        self.aside.mkdir()
        # In a process of its own: a tool's peak memory is at least what this one holds.
        maker = multiprocessing.get_context("fork").Process(
            target=self.make, args=(random.Random(self.seed),)
        )
        maker.start()
        maker.join()
        if maker.exitcode != 0:
            raise RuntimeError(f"the data set {self.name} could not be made")
        made.write_text(recipe)
        time.sleep(SETTLE_SECONDS)

    def make(self, dice):
        """Fills live with the first night and aside with what the second has instead."""
        raise NotImplementedError

    def single(self):
        """The path of the file that is restored alone, below live."""
        raise NotImplementedError

    def _marker(self):
        return self.home / "second-night"

    def change(self):
        """Goes from the first night to the second."""
        self._swap()
        self._marker().touch()
        time.sleep(SETTLE_SECONDS)

    def revert(self):
        """Goes back to the first night, if this is the second."""
        if (self.home / "swapping").exists():
            # Killed in the middle: which files had been exchanged is not known.
            raise RuntimeError(f"{self.home} was left half changed: remove it")
        if self._marker().exists():
            self._swap()
            self._marker().unlink()
            time.sleep(SETTLE_SECONDS)

    def _swap(self):
        """Exchanges every file in aside for the one of the same path in live."""
        (self.home / "swapping").touch()
        between = self.home / "between"
        for folder, _, names in os.walk(self.aside):
            for name in names:
                other = Path(folder) / name
                mine = self.live / other.relative_to(self.aside)
                os.rename(mine, between)
                os.rename(other, mine)
                os.rename(between, other)
        (self.home / "swapping").unlink()


class Source(DataSet):
    name = "source"
    title = "source tree: Linux 6.1 unpacked, 2 % of files edited"
    live_mib, aside_mib, vault_mib = 1700, 40, 420
    programs = ("linux", "xz")

    def make(self, dice):
        # Without the archive's first folder, which only holds the others.
        command = ["tar", "-xJf", machine.LINUX, "-C", self.live, "--strip-components=1"]
        if self.scale < 1:
            # The first so many folders of the archive.
            kept = ["kernel", "mm", "lib", "include"] if self.scale >= 0.05 else ["lib"]
            command += [f"linux-source-6.1/{folder}" for folder in kept]
        subprocess.run(command, check=True)
        paths = sorted(
            os.path.join(folder, name)
            for folder, _, names in os.walk(self.live)
            for name in names
            if not os.path.islink(os.path.join(folder, name))
        )
        for path in paths[::50]:
            content = Path(path).read_bytes()
            at = dice.randrange(len(content) + 1)
            new = self.aside / Path(path).relative_to(self.live)
            new.parent.mkdir(parents=True, exist_ok=True)
            new.write_bytes(content[:at] + b"/* edited in the second night */\n" + content[at:])
            new.chmod(os.stat(path).st_mode & 0o7777)

    def single(self):
        return "lib/vsprintf.c"


class PgBench(DataSet):
    name = "db"
    title = "database dump: pgbench, 2 % of rows updated evenly over the table"
    live_mib, aside_mib, vault_mib = 690, 690, 100
    programs = ("psql", "setpriv")

    def make(self, dice):
        with Server(server_directory()) as server:
            server.pgbench(max(1, int(70 * self.scale)))
            server.dump(self.live / "dump.sql")
            server.sql(
                "UPDATE pgbench_accounts SET abalance = abalance + aid % 1000 - 500"
                " WHERE abs(hashint4(aid)) % 50 = 0"
            )
            server.dump(self.aside / "dump.sql")

    def single(self):
        return "dump.sql"


class TextDatabase(DataSet):
    name = "textdb"
    title = (
        "database dump of natural-looking text, JSON and UUIDs: 2 % of rows updated, most of them new"
        " ones, and 0.5 % of the messages added"
    )
    live_mib, aside_mib, vault_mib = 750, 760, 700
    programs = ("psql", "setpriv")

    def make(self, dice):
        customers = int(200_000 * self.scale) or 1
        orders = int(900_000 * self.scale) or 1
        messages = int(700_000 * self.scale) or 1
        rows = text.Rows(self.seed)
        with Server(server_directory()) as server:
            server.sql(
                "CREATE TABLE customers (id int, uuid uuid, name text, email text, address text,"
                " since timestamptz, notes text);"
                "CREATE TABLE orders (id int, customer int, status text, total numeric,"
                " placed timestamptz, details jsonb);"
                "CREATE TABLE messages (id int, customer int, sent timestamptz, subject text, body text)"
            )
            server.copy("customers", rows.customers(customers))
            server.copy("orders", rows.orders(orders, customers))
            server.copy("messages", rows.messages(messages, customers))
            server.dump(self.live / "dump.sql")
            for table, count, change in (
                ("customers", customers, "notes = notes || ' ' || reverse(name)"),
                ("orders", orders, "status = 'closed', details = details || '{\"closed\": true}'"),
                ("messages", messages, "body = body || ' ' || subject"),
            ):
                # Nine of ten among the newest tenth, one by one; the others in runs of a thousand,
                # as if an import had been corrected. Changes spread evenly are the other database's.
                newest = count - count // 10
                server.sql(
                    f"UPDATE {table} SET {change} WHERE"
                    f" (id > {newest} AND abs(hashint4(id)) % 50 < 9)"
                    f" OR (id <= {newest} AND id / 1000 % 450 = 3)"
                )
            server.copy("messages", rows.messages(messages // 200, customers))
            server.dump(self.aside / "dump.sql")

    def single(self):
        return "dump.sql"


class Blobs(DataSet):
    name = "blob"
    title = (
        "incompressible files of 41 MiB: in each an insertion, and 1 % changed in scattered pieces of"
        " 64 KiB"
    )
    live_mib, aside_mib, vault_mib = 1070, 1070, 2140
    extent = 64 * 1024

    def make(self, dice):
        # Files of different content at every scale, never fewer than two.
        size = 41 * MEBI
        for number in range(max(2, int(26 * self.scale))):
            content = bytearray(dice.randbytes(size))
            (self.live / f"blob-{number:03}").write_bytes(content)
            for _ in range(size // 100 // self.extent):
                at = dice.randrange(size - self.extent)
                content[at : at + self.extent] = dice.randbytes(self.extent)
            at = dice.randrange(size)
            content[at:at] = dice.randbytes(dice.randrange(1, self.extent))
            (self.aside / f"blob-{number:03}").write_bytes(content)

    def single(self):
        return "blob-001"


class Tiny(DataSet):
    name = "tiny"
    title = "1,000,000 files of 0 to 4,096 bytes, 1 % of them changed"
    # A file takes a page and an inode, however small it is.
    live_mib, aside_mib, vault_mib = 5100, 60, 1300

    def make(self, dice):
        words = text.Rows(self.seed)
        prose = words.prose(1_000_000).encode()
        count = max(1000, int(1_000_000 * self.scale))
        for first in range(0, count, 1000):
            folder = f"{first // 100_000:02}/{first // 1000 % 100:02}"
            (self.live / folder).mkdir(parents=True)
            for number in range(first, min(count, first + 1000)):
                content = self._content(prose, dice)
                name = f"{folder}/{hashlib.blake2b(b'%d' % number, digest_size=8).hexdigest()}"
                (self.live / name).write_bytes(content)
                if number % 100 == 7:
                    other = self.aside / name
                    other.parent.mkdir(parents=True, exist_ok=True)
                    other.write_bytes(self._content(prose, dice))
        (self.live / "00" / "alone").write_bytes(self._content(prose, dice) or b"alone")

    @staticmethod
    def _content(prose, dice):
        # One in ten is empty; of the others half are below 1 KiB.
        if dice.random() < 0.1:
            return b""
        size = int(4097 * dice.random() ** 2)
        at = dice.randrange(len(prose) - 5000)
        return b"%016x " % dice.getrandbits(64) + prose[at : at + size - 17] if size > 17 else b"x" * size

    def single(self):
        return "00/alone"


class Sparse(DataSet):
    name = "sparse"
    title = "sparse image of 20 GiB with 400 MiB of data, 1 % of it rewritten"
    live_mib, aside_mib, vault_mib = 410, 410, 450
    # A tool that does not keep holes writes all of it, and memory is no place for that.
    restored_mib, on_disk = 20 * 1024, True

    def make(self, dice):
        size = max(256 * MEBI, int(20 * 1024 * MEBI * self.scale))
        prose = text.Rows(self.seed).prose(400_000).encode()
        extents = []
        for _ in range(max(5, int(400 * self.scale))):
            at = dice.randrange(size // 4096 - 512) * 4096
            if dice.random() < 0.5:
                content = dice.randbytes(MEBI)
            else:
                start = dice.randrange(len(prose) - MEBI)
                content = prose[start : start + MEBI]
            extents.append((at, content))
        changed = [(at, dice.randbytes(MEBI)) for at, _ in dice.sample(extents, max(1, len(extents) // 100))]
        for folder, writes in ((self.live, extents), (self.aside, extents + changed)):
            with open(folder / "disk.img", "wb") as image:
                image.truncate(size)
                for at, content in writes:
                    image.seek(at)
                    image.write(content)

    def single(self):
        return "disk.img"


def server_directory():
    """On disk: a server's files are larger than its dump, and its speed does not matter here."""
    return Path("/var/tmp") / f"lifeboat-compare-postgres-{os.getpid()}"


ALL = {kind.name: kind for kind in (Source, PgBench, TextDatabase, Blobs, Tiny, Sparse)}
