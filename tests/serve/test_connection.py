import asyncio
import json

import pytest
from uvicorn.server import ServerState

from holdfast.serve.app import App
from holdfast.serve.connection import server_of
from holdfast.serve.keys import Keys
from holdfast.serve.settings import Settings
from holdfast.serve.shelf import places


class Transport(asyncio.Transport):
    def __init__(self):
        super().__init__({"peername": ("127.0.0.1", 5), "sockname": ("127.0.0.1", 80)})
        self.said, self.closed = [], False

    def write(self, data):
        self.said.append(bytes(data))

    def close(self):
        self.closed = True

    def is_closing(self):
        return self.closed

    def pause_reading(self):
        pass

    def resume_reading(self):
        pass

    def set_write_buffer_limits(self, high=None, low=None):
        pass


@pytest.fixture
def connect(folder):
    config = server_of(App(places([str(folder)]), Settings(), Keys()), Settings()).config

    def make(idle):
        protocol = config.http_protocol_class(config=config, server_state=ServerState(), app_state={})
        protocol.timeout_keep_alive = idle
        transport = Transport()
        protocol.connection_made(transport)
        return protocol, transport

    return make


def test_parts_of_a_second_are_time_to_drain(folder):
    settings = Settings(drain=0.9)
    assert server_of(App(places([str(folder)]), settings, Keys()), settings).config.timeout_graceful_shutdown == 0.9


def asking():
    body = json.dumps({"age": 31, "city": "Paris", "member": True}).encode()
    head = "POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length:"
    return f"{head} {len(body)}\r\n\r\n".encode() + body


def test_an_idle_connection_is_closed_and_one_that_asks_is_kept(connect):
    async def story():
        quiet, busy = connect(0.2), connect(0.2)
        quiet[0].data_received(asking())
        for _ in range(8):
            busy[0].data_received(asking())
            await asyncio.sleep(0.05)
        assert quiet[1].closed
        assert not busy[1].closed
        assert len(busy[1].said) == 8
        assert all(said.startswith(b"HTTP/1.1 200") for said in busy[1].said)
        await asyncio.sleep(0.3)
        assert busy[1].closed

    asyncio.run(story())


def test_a_timer_is_gone_with_its_connection(connect):
    async def story():
        protocol, transport = connect(0.05)
        protocol.data_received(asking())
        await asyncio.sleep(0.01)
        protocol.connection_lost(None)
        transport.closed = False
        await asyncio.sleep(0.1)
        assert not transport.closed

    asyncio.run(story())
