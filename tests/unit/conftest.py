"""Unit tests need nothing but Python: no sockets, and the same examples on every machine."""

import pytest
import pytest_socket
from hypothesis import settings

settings.register_profile("unit", max_examples=50, deadline=None, database=None, derandomize=True)
settings.load_profile("unit")


@pytest.fixture(scope="module", autouse=True)
def _no_sockets():
    pytest_socket.disable_socket()
    yield
    pytest_socket.enable_socket()
