"""Workers on other machines: only certificates of the installation's authority get through."""

import asyncio
import ssl
from contextlib import asynccontextmanager

import pytest

from gateway.fleet.address import LinkAddress
from gateway.fleet.link import dial
from gateway.fleet.tls import client_tls, server_tls
from gateway.ports import Unavailable
from gateway.worker.compose import run_worker
from tests.peers.certificates import authority
from tests.peers.worker_process import Heard, until


@asynccontextmanager
async def listening(folder, port):
    files = authority(folder / "ours")
    ready = asyncio.Event()
    tls = server_tls(files.cert, files.key, files.ca)
    async with asyncio.TaskGroup() as group:
        work = run_worker(f"tcp://127.0.0.1:{port}", folder / "spool", "w1", tls=tls, ready=ready.set)
        task = group.create_task(work)
        await ready.wait()
        yield files
        task.cancel()


async def test_a_certificate_of_ours_gets_through(tmp_path, free_port):
    async with listening(tmp_path, free_port) as files:
        heard = Heard()
        tls = client_tls(files.cert, files.key, files.ca)
        async with dial(LinkAddress(host="127.0.0.1", port=free_port), "g1", heard, tls=tls) as link:
            async with asyncio.TaskGroup() as group:
                running = group.create_task(link.run())
                await until(lambda: heard.figures)
                running.cancel()
            assert link.worker_id == "w1"


async def test_nobody_else_does(tmp_path, free_port):
    async with listening(tmp_path, free_port) as ours:
        theirs = authority(tmp_path / "theirs")
        bare = ssl.create_default_context(cafile=str(ours.ca))
        strange = client_tls(theirs.cert, theirs.key, ours.ca)
        address = LinkAddress(host="127.0.0.1", port=free_port)
        for tls in (None, bare, strange, client_tls(theirs.cert, theirs.key, theirs.ca)):
            with pytest.raises(Unavailable):
                async with dial(address, "g1", Heard(), tls=tls, seconds=10):
                    pytest.fail("a stranger got through")


async def test_a_worker_does_not_listen_on_tcp_without_certificates(tmp_path, free_port):
    with pytest.raises(ValueError, match="certificate"):
        await run_worker(f"tcp://127.0.0.1:{free_port}", tmp_path / "spool", "w1")
