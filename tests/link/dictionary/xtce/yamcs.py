"""A Yamcs server for a test: our XTCE file loaded, packets in by UDP, values out by HTTP, commands out by UDP."""

import contextlib
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path

INSTANCE = "mission"
_SERVER = """
services:
  - class: org.yamcs.http.HttpServer
    args: {{ port: {http}, address: 127.0.0.1 }}
dataDir: {home}/data
cacheDir: {home}/cache
instances: [mission]
"""
_INSTANCE = """
services:
  - class: org.yamcs.archive.XtceTmRecorder
  - class: org.yamcs.archive.ReplayServer
  - class: org.yamcs.archive.AlarmRecorder
  - class: org.yamcs.archive.CommandHistoryRecorder
  - class: org.yamcs.ProcessorCreatorService
    args: {{ name: realtime, type: realtime }}
mdb:
  - type: xtce
    args: {{ file: {home}/mission.xml }}
dataLinks:
  - name: tm
    class: org.yamcs.tctm.UdpTmDataLink
    stream: tm_realtime
    port: {tm}
    packetPreprocessorClassName: org.yamcs.tctm.GenericPacketPreprocessor
    packetPreprocessorArgs:
      timestampOffset: 13
      seqCountOffset: 2
      timeEncoding: {{ type: CUC, epoch: TAI, implicitPField: 0x1F }}
  - name: tc
    class: org.yamcs.tctm.UdpTcDataLink
    stream: tc_realtime
    host: 127.0.0.1
    port: {tc}
    commandPostprocessorClassName: org.yamcs.tctm.GenericCommandPostprocessor
streamConfig:
  tm:
    - {{ name: tm_realtime, processor: realtime }}
  cmdHist: [cmdhist_realtime]
  event: [events_realtime]
  param: [pp_realtime]
  parameterAlarm: [alarms_realtime]
  eventAlarm: [event_alarms_realtime]
  tc:
    - {{ name: tc_realtime, processor: realtime }}
"""
_PROCESSOR = """
realtime:
  services:
    - class: org.yamcs.StreamTmPacketProvider
    - class: org.yamcs.StreamTcCommandReleaser
    - class: org.yamcs.tctm.StreamParameterProvider
    - class: org.yamcs.algorithms.AlgorithmManager
    - class: org.yamcs.parameter.LocalParameterManager
  config: { subscribeAll: true, alarm: { parameterCheck: true, parameterServer: enabled } }
ArchiveRetrieval:
  services:
    - class: org.yamcs.tctm.ReplayService
    - class: org.yamcs.algorithms.AlgorithmManager
"""


def absent() -> str:
    """Why Yamcs cannot run here; empty if it can."""
    if not shutil.which("java"):
        return "Yamcs needs Java 17, which is not here"
    return "" if find_spec("fprime_yamcs_bundle") else "Yamcs is not here: pip install --no-deps fprime-yamcs-bundle"


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Yamcs:
    """The server, in `home`; a context manager."""

    def __init__(self, home: Path, file: bytes) -> None:
        self.home, self.http = home, free_port(socket.SOCK_STREAM)
        self.tm, tc = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
        etc = home / "etc"
        etc.mkdir()
        (home / "mission.xml").write_bytes(file)
        ports = {"home": home, "http": self.http, "tm": self.tm, "tc": tc}
        (etc / "yamcs.yaml").write_text(_SERVER.format(**ports))
        (etc / f"yamcs.{INSTANCE}.yaml").write_text(_INSTANCE.format(**ports))
        (etc / "processor.yaml").write_text(_PROCESSOR)
        self.commands = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.commands.bind(("127.0.0.1", tc))
        self.commands.settimeout(10)
        self._sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def __enter__(self):
        library = Path(find_spec("fprime_yamcs_bundle").origin).parent / "lib" / "*"
        command = ["java", "-cp", str(library), "org.yamcs.YamcsServer", "--etc-dir", str(self.home / "etc")]
        self._log = (self.home / "log.txt").open("w")
        self._process = subprocess.Popen(command, cwd=self.home, stdout=self._log, stderr=subprocess.STDOUT)
        try:
            self._await(lambda: self.get(f"/api/instances/{INSTANCE}")["state"] == "RUNNING", seconds=60)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exception):
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(20)
        self._process.kill()
        self._log.close()
        self.commands.close()
        self._sender.close()

    def _await(self, reached, seconds):
        deadline = time.monotonic() + seconds
        while True:
            with contextlib.suppress(OSError):
                if reached():
                    return
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise AssertionError((self.home / "log.txt").read_text()[-3000:])
            time.sleep(0.02)

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}{path}", timeout=60) as answer:
            return json.load(answer)

    def post(self, path, content, raw=False):
        """The answer, or (status, message) of a refusal."""
        url, headers = f"http://127.0.0.1:{self.http}{path}", {"Content-Type": "application/json"}
        request = urllib.request.Request(url, json.dumps(content).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.read().decode() if raw else json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)["msg"]

    def send(self, packets):
        """Give the server packets, no faster than it takes them."""
        sent = 0
        for sent, octets in enumerate(packets, 1):  # the last number is wanted
            self._sender.sendto(octets, ("127.0.0.1", self.tm))
            if sent % 200 == 0:
                self._await(lambda: self.received() == sent, seconds=30)  # noqa: B023  # used at once
        self._await(lambda: self.received() == sent, seconds=30)

    def received(self):
        return int(self.get(f"/api/links/{INSTANCE}/tm")["dataInCount"])
