import sys
from multiprocessing import get_context

import pytest

from features.arenas import limit_arenas


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc has arenas")
def test_glibc_takes_the_number_of_arenas() -> None:
    with get_context("spawn").Pool(1) as apart:  # what is set once stays set
        assert apart.apply(limit_arenas, (2,))
