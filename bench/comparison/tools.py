"""The tools: how each makes a vault, backs up, restores, checks and prunes.

Each is used as its manual says, with encryption and compression on and its caches where its user
would have them. A tool lives in a directory of its own, which is removed after every round.
"""

import os
import shutil
import subprocess
import time
from pathlib import Path

from . import files, measure

PASSPHRASE = "a longer passphrase for the comparison"


class Tool:
    """One tool with one vault, for one round of one data set."""

    def __init__(self, name, home, data):
        self.name = name
        self.home = Path(home)
        self.data = Path(data)
        self.vault = self.home / "vault"
        self.back = self.home / "back"
        self.sparse = False
        self.servers = None
        self.bucket = None

    def use(self, servers, bucket):
        """Keeps the vault in a bucket of an S3 server instead of a directory."""
        self.servers, self.bucket = servers, bucket

    def environment(self):
        """Only what every program needs: nothing of the user's own configuration."""
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "TERM", "JAVA_HOME")}
        return dict(kept, LC_ALL="C.UTF-8", **self.variables())

    def variables(self):
        """Further variables of the environment."""
        return {}

    def run(self, *command, directory=None):
        return measure.run(
            [str(word) for word in command],
            self.environment(),
            self.home / "log",
            directory=directory,
        )

    def begin(self):
        """Makes an empty vault."""
        self.remove()
        self.home.mkdir(parents=True)
        self.init()

    def init(self):
        raise NotImplementedError

    def backup(self):
        raise NotImplementedError

    def restore(self, path=None):
        """Brings back the newest snapshot, or one file of it, and returns (Cost, where it is)."""
        raise NotImplementedError

    def check(self):
        """Reads, decrypts and verifies every stored byte."""
        raise NotImplementedError

    def prune(self):
        """Forgets all but the newest snapshot and gives back the space."""
        raise NotImplementedError

    def stored(self):
        """Bytes and objects in the vault."""
        return self.servers.size(self.bucket) if self.servers else self.size_of_directory()

    def size_of_directory(self):
        return files.size_of(self.vault)

    def version(self):
        raise NotImplementedError

    def remove_back(self):
        shutil.rmtree(self.back, ignore_errors=True)

    def remove(self):
        shutil.rmtree(self.home, ignore_errors=True)


class Lifeboat(Tool):
    """As installed: its defaults, and as many directory regions as asked for."""

    def __init__(self, name, home, data, launcher, regions=1):
        super().__init__(name, home, data)
        self.launcher = Path(launcher)
        self.regions = regions

    def init(self):
        self.vault.mkdir()
        passphrase = self.home / "passphrase"
        passphrase.write_text(PASSPHRASE)
        passphrase.chmod(0o600)
        if self.servers:
            secret = self.home / "secret"
            secret.write_text(self.servers.places[0].secret)
            secret.chmod(0o600)
            regions = self.servers.places[0].region("r0", self.bucket, secret)
        else:
            regions = "".join(
                f"    - {{name: r{i}, directory: {{path: {self.vault}/r{i}}}}}\n"
                for i in range(self.regions)
            )
        (self.home / "lifeboat.yaml").write_text(
            f"vault:\n  home: {self.home}/home\n  kit: {self.home}/kit\n"
            f"  passphrase: {{file: {passphrase}}}\n  quorum: {self.regions}\n"
            f"  regions:\n{regions}"
            f"datasets:\n  - {{name: data, tenant: bench, directory: {{path: {self.data}}}}}\n"
            "retention: {last: 1, grace: 1s}\n"
        )
        self.lifeboat("init")

    def lifeboat(self, *arguments):
        built = self.built()
        cost = self.run(
            self.launcher, "--config", self.home / "lifeboat.yaml", "--quiet", *arguments
        )
        if built != self.built():
            raise measure.Failed(
                f"{self.launcher} built itself again while it was measured: its sources changed."
                " Measure from a checkout that nobody edits"
            )
        return cost

    def built(self):
        """When a launcher in a checkout made its program and its cache for fast starts."""
        dist = self.launcher.resolve().parent / "cli" / "target" / "dist"
        return [(made.name, made.stat().st_mtime_ns) for made in sorted(dist.glob("*.aot"))]

    def backup(self):
        return self.lifeboat("backup", "data")

    def restore(self, path=None):
        self.remove_back()
        which = [path] if path else []
        cost = self.lifeboat("restore", "latest", "--dataset", "data", "--to", self.back, *which)
        return cost, self.back / (path or "")

    def check(self):
        return self.lifeboat("verify", "--deep")

    def prune(self):
        cost = self.lifeboat("retention") + self.lifeboat("reclaim")
        # The grace, here a second, lies between marking and sweeping.
        time.sleep(2)
        return cost + self.lifeboat("reclaim")

    def size_of_directory(self):
        # Of one region, so that more regions are not mistaken for more data.
        return files.size_of(self.vault / "r0")

    def version(self):
        said = subprocess.run(
            [self.launcher, "version"], capture_output=True, text=True, check=True
        ).stdout.splitlines()[0]
        root = self.launcher.resolve().parent
        commit = subprocess.run(
            ["git", "-C", root, "describe", "--always", "--dirty", "--abbrev=10"],
            capture_output=True,
            text=True,
        ).stdout.strip()
        return f"{said} ({commit})" if commit else said


class Restic(Tool):
    """restic with the compression that it chooses by itself."""

    def variables(self):
        common = {"RESTIC_PASSWORD": PASSPHRASE, "RESTIC_CACHE_DIR": str(self.home / "cache")}
        if not self.servers:
            return dict(common, RESTIC_REPOSITORY=str(self.vault))
        place = self.servers.places[0]
        return dict(
            common,
            RESTIC_REPOSITORY=f"s3:{place.endpoint}/{self.bucket}",
            AWS_ACCESS_KEY_ID=place.access,
            AWS_SECRET_ACCESS_KEY=place.secret,
        )

    def restic(self, *arguments):
        trusted = ["--cacert", self.servers.places[0].authority] if self.servers else []
        return self.run("restic", "--quiet", *trusted, *arguments)

    def init(self):
        self.restic("init")

    def backup(self):
        return self.restic("--compression", "auto", "backup", self.data)

    def restore(self, path=None):
        self.remove_back()
        which = ["--include", self.data / path] if path else []
        cost = self.restic("restore", "latest", "--target", self.back, *which)
        return cost, self.back / str(self.data / (path or "")).lstrip("/")

    def check(self):
        return self.restic("check", "--read-data")

    def prune(self):
        return self.restic("forget", "--keep-last", "1", "--prune")

    def version(self):
        said = subprocess.run(["restic", "version"], capture_output=True, text=True, check=True)
        return " ".join(said.stdout.split()[:2])


class Borg(Tool):
    """borg with keyed BLAKE2b, its fast choice, and zstd at Lifeboat's level."""

    def __init__(self, name, home, data):
        super().__init__(name, home, data)
        self.archives = 0

    def variables(self):
        return {
            "BORG_PASSPHRASE": PASSPHRASE,
            "BORG_REPO": str(self.vault),
            "BORG_BASE_DIR": str(self.home / "base"),
            "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "no",
            "BORG_CHECK_I_KNOW_WHAT_I_AM_DOING": "YES",
        }

    def init(self):
        self.archives = 0
        self.run("borg", "init", "--encryption", "repokey-blake2")

    def backup(self):
        self.archives += 1
        return self.run(
            "borg",
            "create",
            "--compression",
            "zstd,3",
            f"::a{self.archives}",
            self.data.name,
            directory=self.data.parent,
        )

    def restore(self, path=None):
        self.remove_back()
        self.back.mkdir()
        inside = f"{self.data.name}/{path}" if path else self.data.name
        options = ["--sparse"] if self.sparse else []
        cost = self.run(
            "borg", "extract", *options, f"::a{self.archives}", inside, directory=self.back
        )
        return cost, self.back / inside

    def check(self):
        return self.run("borg", "check", "--verify-data")

    def prune(self):
        return self.run("borg", "prune", "--keep-last", "1") + self.run("borg", "compact")

    def version(self):
        said = subprocess.run(["borg", "--version"], capture_output=True, text=True, check=True)
        return said.stdout.strip()


def make(name, home, data, launchers, regions):
    """The tool of a name: restic, borg, or one of the launchers of Lifeboat."""
    if name in launchers:
        return Lifeboat(name, home, data, launchers[name], regions)
    return {"restic": Restic, "borg": Borg}[name](name, home, data)
