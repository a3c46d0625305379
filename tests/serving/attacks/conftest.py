"""The guarded application behind a real server of this process, as in the proxy of Ray Serve."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from serving.guards.connections import BoundedConnection
from serving.guards.guarded import Guarded
from serving.guards.origin import HostNames


@pytest.fixture(scope="session")
def guarded_url(app) -> Iterator[str]:
    front = Guarded(app, hosts=HostNames(), is_alive=True)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(2048)
        config = uvicorn.Config(front, http=BoundedConnection, log_level="critical")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=20)
