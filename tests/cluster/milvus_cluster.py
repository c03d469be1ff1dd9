"""A Milvus cluster of several processes on this machine, every part of which can be killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

HOST = "127.0.0.1"
_COORDINATORS = ("-rootcoord", "-querycoord", "-datacoord", "-indexcoord")
_START_SECONDS = 90.0
_IP_OF = ("rootCoord", "dataCoord", "queryCoord", "indexCoord", "proxy", "queryNode", "dataNode", "indexNode")


class MilvusCluster:
    """Coordinators, an index node, a data node, query nodes and a proxy, with etcd, an S3 service and a broker below them."""

    def __init__(self, runtime: Path, folder: Path, query_nodes: int = 2) -> None:
        """``runtime`` is what tests/cluster/runtime.py made; everything that is written lies in ``folder``."""
        self._runtime = runtime
        self._folder = folder
        self._query_nodes = query_nodes
        self._ports: dict[str, int] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def address(self) -> str:
        """Of the proxy, without a collection."""
        return f"milvus://{HOST}:{self._ports['proxy']}"

    def __enter__(self) -> MilvusCluster:
        try:
            self._start_services()
            self._configure()
            self._run_milvus("coordinators", "mixture", *_COORDINATORS)
            for name, role in [
                ("index", "indexnode"),
                ("data", "datanode"),
                *((f"query{n}", "querynode") for n in range(self._query_nodes)),
            ]:
                self._run_milvus(name, role)
            self._run_milvus("proxy", "proxy")
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """End all processes."""
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
        for process in self.processes.values():
            process.wait()

    def kill(self, name: str) -> None:
        """End a process as a machine ends that loses power."""
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait()

    def start_again(self, name: str) -> None:
        """Start another process in the place of a query node, data node or index node."""
        role = {"index": "indexnode", "data": "datanode"}.get(name, "querynode")
        self._run_milvus(name, role)

    def memory(self) -> int:
        """What all processes have in memory together, in bytes."""
        total = 0
        for process in self.processes.values():
            status = Path(f"/proc/{process.pid}/statm")
            if process.poll() is None:
                total += int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return total

    def _start_services(self) -> None:
        etcd = [str(self._runtime / "debian/usr/bin/etcd"), "--data-dir", str(self._folder / "etcd")]
        for option, port in (("client-urls", self._port("etcd")), ("peer-urls", self._port("etcd-peer"))):
            url = f"http://{HOST}:{port}"
            advertised = "--advertise-client-urls" if option == "client-urls" else "--initial-advertise-peer-urls"
            etcd += [f"--listen-{option}", url, advertised, url]
        etcd += ["--initial-cluster", f"default=http://{HOST}:{self._ports['etcd-peer']}", "--unsafe-no-fsync"]
        self._run("etcd", etcd)
        identities = self._folder / "s3.json"
        actions = ["Admin", "Read", "Write", "List", "Tagging"]
        keys = {"accessKey": "testtesttest", "secretKey": "testtesttest"}
        identities.write_text(json.dumps({"identities": [{"name": "test", "credentials": [keys], "actions": actions}]}))
        (self._folder / "weed").mkdir()
        weed = [
            str(self._runtime / "bin/weed"),
            "server",
            f"-dir={self._folder / 'weed'}",
            f"-ip={HOST}",
            "-s3",
            f"-s3.config={identities}",
        ]
        weed += ["-master.volumeSizeLimitMB=64", "-volume.max=100", "-master.volumePreallocate=false", f"-s3.port={self._port('s3')}"]
        for part in ("master", "volume", "filer"):
            weed += [f"-{part}.port={self._port(part)}", f"-{part}.port.grpc={self._port(part + '-grpc')}"]
        weed += [f"-s3.port.grpc={self._port('s3-grpc')}"]
        self._run("s3", weed)
        kafka = f"tcp://{HOST}:{self._port('kafka')}"
        broker = [str(self._runtime / "bin/tansu"), "broker", "--listener-url", kafka, "--advertised-listener-url", kafka, "--silent"]
        self._run("broker", broker)
        for name in ("etcd", "s3", "kafka"):
            self._wait_for_port(name)

    def _configure(self) -> None:
        """The configuration of Milvus, in JSON, which is YAML."""
        self._port("proxy")
        settings: dict[str, object] = {
            "etcd": {"endpoints": f"{HOST}:{self._ports['etcd']}", "rootPath": "test", "use": {"embed": False}},
            "minio": {
                "address": HOST,
                "port": self._ports["s3"],
                "accessKeyID": "testtesttest",
                "secretAccessKey": "testtesttest",
                "useSSL": False,
                "bucketName": "milvus",
                "rootPath": "files",
                "useIAM": False,
                "cloudProvider": "aws",
            },
            "mq": {"type": "kafka"},
            "kafka": {"brokerList": f"{HOST}:{self._ports['kafka']}"},
            "localStorage": {"path": str(self._folder / "local")},
            "log": {"level": "warn", "file": {"rootPath": ""}, "stdout": True},
            "common": {"storageType": "remote", "session": {"ttl": 6, "retryTimes": 30}, "security": {"authorizationEnabled": False}},
            "quotaAndLimits": {"enabled": False, "flushRate": {"enabled": False}},
            "grpc": {
                "serverMaxRecvSize": 268435456,
                "serverMaxSendSize": 536870912,
                "clientMaxRecvSize": 268435456,
                "clientMaxSendSize": 268435456,
            },
        }
        for part in _IP_OF:
            settings[part] = {"ip": HOST, "port": self._ports["proxy"] if part == "proxy" else self._port(part)}
        settings["proxy"] = {
            "ip": HOST,
            "port": self._ports["proxy"],
            "internalPort": self._port("proxy-internal"),
            "http": {"enabled": False},
        }
        (self._folder / "config").mkdir()
        (self._folder / "config" / "milvus.yaml").write_text(json.dumps(settings, indent=1))
        (self._folder / "config" / "glog.conf").write_text("--minloglevel=2\n")

    def _run_milvus(self, name: str, *arguments: str) -> None:
        libraries = [self._runtime / "bin", self._runtime / "debian/usr/lib/x86_64-linux-gnu"]
        environment = {
            "MILVUSCONF": str(self._folder / "config"),
            "LD_LIBRARY_PATH": ":".join(map(str, libraries)),
            "METRICS_PORT": str(_free_port()),
            # Its index node calls a function that only the system's library exports.
            "LD_PRELOAD": str(self._runtime / "debian/usr/lib/x86_64-linux-gnu/libcjson.so.1"),
            "GOMAXPROCS": "2",
        }
        self._run(name, [str(self._runtime / "bin/milvus"), "run", *arguments], environment)

    def _run(self, name: str, command: list[str], environment: Mapping[str, str] | None = None) -> None:
        working = self._folder / f"{name}-{len(self.processes)}"
        working.mkdir(exist_ok=True)
        with (working / "log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command,
                env={**os.environ, **(environment or {})},
                cwd=working,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )

    def _port(self, name: str) -> int:
        self._ports[name] = _free_port()
        return self._ports[name]

    def _wait_for_port(self, name: str) -> None:
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            try:
                socket.create_connection((HOST, self._ports[name]), 1).close()
                return
            except OSError:
                self._check()
                time.sleep(0.1)
        raise TimeoutError(f"{name} does not listen: see {self._folder}")

    def _wait_until_ready(self) -> None:
        """Until the proxy answers and every query node is known."""
        from pymilvus import MilvusClient, MilvusException

        self._wait_for_port("proxy")
        end = time.monotonic() + _START_SECONDS
        while True:
            try:
                client = MilvusClient(f"http://{HOST}:{self._ports['proxy']}", timeout=2)
                client.list_collections(timeout=2)
                client.close()
                return
            except MilvusException:
                self._check()
                if time.monotonic() > end:
                    raise
                time.sleep(0.5)

    def _check(self) -> None:
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise RuntimeError(f"{name} ended with exit code {process.returncode}: see {self._folder}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port
