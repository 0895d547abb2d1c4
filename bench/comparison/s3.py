"""S3 servers on the loopback interface, in memory, over TLS, in a process of their own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def jdk():
    candidates = [os.environ.get("JAVA_HOME", "")]
    candidates += [str(p) for p in sorted(Path("/usr/lib/jvm").glob("*"))]
    for candidate in candidates:
        release = Path(candidate, "release")
        if candidate and release.is_file() and 'JAVA_VERSION="25' in release.read_text():
            return candidate
    sys.exit("bench: needs a JDK 25: name its folder in JAVA_HOME")


class Place:
    """One server: where it listens, its keys, and the authority that signed its certificate."""

    def __init__(self, endpoint, access, secret, authority):
        self.endpoint, self.access, self.secret, self.authority = endpoint, access, secret, authority

    def region(self, name, bucket, secret_file):
        """A region of Lifeboat's configuration, which finds the secret key in a file."""
        return f"""    - name: {name}
      s3:
        bucket: {bucket}
        endpoint: "{self.endpoint}"
        tls: {{ca: {self.authority}}}
        credentials: {{access-key: {self.access}, secret-key: {{file: {secret_file}}}}}
"""


class Servers:
    """Started S3 servers with empty buckets lifeboat-1, lifeboat-2 and so on in each."""

    def __init__(self, servers, buckets):
        home = jdk()
        paths = ROOT / "bench/target/s3.classpath"
        subprocess.run(
            ["mvn", "-B", "-q", "-pl", "bench", "-am", "test-compile",
             "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath",
             "-Dmdep.includeScope=test", f"-Dmdep.outputFile={paths}"],
            cwd=ROOT, env={**os.environ, "JAVA_HOME": home}, check=True, stdout=sys.stderr)
        classes = ":".join([str(ROOT / "bench/target/test-classes"),
                            str(ROOT / "bench/target/classes"), paths.read_text()])
        self.process = subprocess.Popen(
            [f"{home}/bin/java", "-Xmx6g", "-cp", classes, "dev.lifeboat.bench.S3Servers",
             str(servers), str(buckets)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.places = []
        for line in self.process.stdout:
            if line.strip() == "ready":
                return
            self.places.append(Place(*line.split()))
        sys.exit("bench: the S3 servers did not start")

    def size(self, bucket):
        """Bytes and objects in a bucket of the first server."""
        print(bucket, file=self.process.stdin, flush=True)
        return tuple(int(number) for number in self.process.stdout.readline().split())

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)
