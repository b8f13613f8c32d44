"""What the settings may not do at start."""

import pytest

from features.errors import InvalidValue
from features.settings import ServingSettings, Settings
from serving.run import check_exposure, serve


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_insecure_local_binds_to_this_machine(host: str) -> None:
    check_exposure(ServingSettings(host=host, insecure_local=True))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_insecure_local_binds_to_nothing_else(host: str) -> None:
    with pytest.raises(InvalidValue, match="loopback"):
        serve(Settings(serving=ServingSettings(host=host, insecure_local=True)))


def test_tokens_make_any_address_good() -> None:
    check_exposure(ServingSettings(host="0.0.0.0"))
