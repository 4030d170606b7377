"""A Slurm cluster of two nodes on this machine, started and ended without systemd."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dask_cluster import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG = """\
ClusterName=enet
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/munge.socket
CredType=cred/munge
SlurmctldPort={ports[0]}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/run/slurmctld.pid
SlurmdPidFile={folder}/run/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0
MpiDefault=none
ReturnToService=2
SlurmdParameters=config_overrides
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=2 RealMemory=4000
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=2 RealMemory=4000
PartitionName=work Nodes=n1,n2 Default=YES MaxTime=60 State=UP OverSubscribe=NO
"""
DAEMONS = ("slurmd-n1", "slurmd-n2", "slurmctld")


@dataclass(frozen=True)
class Slurm:
    """The cluster whose files are in a folder."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """With which its commands find it."""
        return {"SLURM_CONF": str(self.folder / "slurm.conf")}

    def command(self, *words: str) -> str:
        """What one of its commands says."""
        environment = {**os.environ, **self.environment}
        return subprocess.run(
            words, env=environment, capture_output=True, text=True, check=True
        ).stdout

    def jobs(self) -> list[str]:
        """The numbers of the jobs there are, whatever their state."""
        return self.command("squeue", "-h", "-o", "%i").split()

    def processes(self) -> list[int]:
        """The processes of jobs on its nodes: what a job has started, and all that has started."""
        found = []
        for environ in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if f"SLURM_CONF={self.environment['SLURM_CONF']}".encode() in environ.read_bytes():
                    found.append(int(environ.parent.name))
        return [process for process in found if _has_job(process)]


def _has_job(process: int) -> bool:
    with suppress(OSError):
        return b"SLURM_JOB_ID=" in Path(f"/proc/{process}/environ").read_bytes()
    return False


@contextmanager
def slurm_of(folder: Path) -> Iterator[Slurm]:
    """A cluster in a folder that its users may pass through, which ends with the block."""
    for name in ("state", "spool-n1", "spool-n2", "run", "munge"):
        (folder / name).mkdir(parents=True)
    for above in (folder, *folder.parents):
        if above.stat().st_uid == os.getuid() and above != Path("/tmp"):  # noqa: S108
            with suppress(OSError):
                above.chmod(above.stat().st_mode | 0o011)
    _start_munge(folder / "munge")
    free = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    ports = [each.getsockname()[1] for each in free]
    for each in free:
        each.close()
    host = socket.gethostname().partition(".")[0]
    text = CONFIG.format(folder=folder, host=host, ports=ports)
    (folder / "slurm.conf").write_text(text)
    slurm = Slurm(folder)
    environment = {**os.environ, **slurm.environment}
    try:
        for command in (["slurmctld"], ["slurmd", "-N", "n1"], ["slurmd", "-N", "n2"]):
            subprocess.run(command, env=environment, check=True, capture_output=True)
        wait_until(
            "two nodes are idle",
            lambda: slurm.command("sinfo", "-h", "-t", "idle", "-o", "%D").strip() == "2",
        )
        yield slurm
    finally:
        for pid in (*(folder / "run" / f"{name}.pid" for name in DAEMONS),
                    folder / "munge" / "munged.pid"):  # fmt: skip
            with suppress(OSError, ValueError):
                os.kill(int(pid.read_text()), signal.SIGTERM)


def _start_munge(folder: Path) -> None:
    """What its members know each other by; it insists on a user of its own."""
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    for path in (key, folder):
        shutil.chown(path, "munge", "munge")
    folder.chmod(0o711)
    files = {"key-file": key.name, "socket": "munge.socket", "pid-file": "munged.pid",
             "log-file": "munged.log", "seed-file": "seed"}  # fmt: skip
    told = [f"--{option}={folder / name}" for option, name in files.items()]
    as_munge = ["setpriv", "--reuid=munge", "--regid=munge", "--clear-groups", "munged"]
    subprocess.run([*as_munge, *told], check=True, capture_output=True)
