"""A PostgreSQL server of our own, for as long as a data set is made: no fsync, no vacuum, so that
the same rows come out of the dump in the same order every time."""

import os
import pwd
import shutil
import socket
import subprocess
from pathlib import Path

from . import machine


class Server:
    """Started by entering, stopped and removed by leaving."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.programs = machine.postgres_programs()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def __enter__(self):
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(self.directory, account.pw_uid, account.pw_gid)
        self.directory.chmod(0o700)
        self._run("initdb", "-D", self.directory, "-U", "postgres", "--auth=trust", "-E", "UTF8",
                  "--locale=C.UTF-8")
        self._run("pg_ctl", "-D", self.directory, "-w", "-l", self.directory / "log", "-o",
                  f"-c listen_addresses=127.0.0.1 -c port={self.port} "
                  f"-c unix_socket_directories={self.directory} -c fsync=off -c autovacuum=off "
                  "-c synchronize_seqscans=off -c max_wal_size=4GB -c wal_level=minimal "
                  "-c max_wal_senders=0 -c full_page_writes=off", "start")
        return self

    def __exit__(self, *_):
        self._run("pg_ctl", "-D", self.directory, "-m", "immediate", "stop")
        shutil.rmtree(self.directory, ignore_errors=True)

    def _command(self, program, *arguments):
        words = [str(self.programs / program), *map(str, arguments)]
        # The server refuses to be run by root.
        if os.geteuid() == 0:
            return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *words]
        return words

    def _run(self, program, *arguments):
        subprocess.run(self._command(program, *arguments), check=True, cwd="/",
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def _knows(self, option):
        said = subprocess.run(self._command("pg_dump", "--help"), capture_output=True, text=True, cwd="/")
        return option in said.stdout

    def _address(self):
        return ["-h", "127.0.0.1", "-p", self.port, "-U", "postgres"]

    def pgbench(self, scale):
        self._run("pgbench", *self._address(), "-q", "-i", "-s", scale, "postgres")

    def sql(self, statement):
        self._run("psql", *self._address(), "-v", "ON_ERROR_STOP=1", "-c", statement, "postgres")

    def copy(self, table, rows):
        """Loads rows, lines of tab-separated text, into a table."""
        command = self._command("psql", *self._address(), "-q", "-v", "ON_ERROR_STOP=1", "-c",
                                f"COPY {table} FROM STDIN", "postgres")
        with subprocess.Popen(command, cwd="/", stdin=subprocess.PIPE) as client:
            for row in rows:
                client.stdin.write(row.encode())
        if client.returncode != 0:
            raise RuntimeError(f"the rows of {table} could not be loaded")

    def dump(self, file):
        """Writes an uncompressed dump."""
        # Two dumps of the same rows are the same bytes only with a key of our choice in them.
        key = ["--restrict-key=compare"] if self._knows("--restrict-key") else []
        command = self._command("pg_dump", *self._address(), *key, "postgres")
        with open(file, "wb") as output:
            subprocess.run(command, check=True, cwd="/", stdin=subprocess.DEVNULL, stdout=output)
