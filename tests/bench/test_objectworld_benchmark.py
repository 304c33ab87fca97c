"""The stored benchmark follows from the code, and says what the book says of it."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

from bench import objectworld as benchmark

STORED = json.loads(benchmark.RESULTS.read_text("utf8"))
QUICK = [name for name in benchmark.METHODS if not name.startswith("MaxEnt")]


@pytest.mark.parametrize("protocol", benchmark.PROTOCOLS)
def test_stored_numbers_come_out_again(protocol, monkeypatch):
    monkeypatch.setattr(benchmark, "SIZES", (4, 32))
    monkeypatch.setattr(benchmark, "METHODS", {name: benchmark.METHODS[name] for name in QUICK})
    found = benchmark.one_world((protocol, 0))
    stored = STORED[protocol]
    assert found["floor"] == pytest.approx(stored["floor"][0], abs=1e-6)
    assert found["gain"] == pytest.approx(stored["gain"][0], abs=1e-6)
    for name in QUICK:
        for k, size in enumerate((4, 32)):
            for measure, value in found["methods"][name][size].items():
                if measure != "seconds":
                    kept = stored["methods"][name][measure][k][0]
                    assert value == pytest.approx(kept, abs=1e-6), (name, size, measure)


def evd(protocol, name):
    return np.array(STORED[protocol]["methods"][name]["evd"])


def test_the_stored_benchmark_is_whole():
    assert STORED["sizes"] == list(benchmark.SIZES)
    for protocol in benchmark.PROTOCOLS:
        assert list(STORED[protocol]["methods"]) == list(benchmark.METHODS)
        for name in benchmark.METHODS:
            assert evd(protocol, name).shape == (5, 5)
        assert_allclose(STORED[protocol]["methods"]["chance"]["share"], 1)
        assert_allclose(evd(protocol, "IAVI"), evd(protocol, "clone"), rtol=1e-6, atol=1e-8)
    assert_allclose(STORED["chosen"]["floor"], 0, atol=1e-12)


def test_the_published_order_is_reproduced():
    published, size = STORED["published"], benchmark.SIZES.index(512)
    assert published["IAVI"]["512"][0] < published["IQL"]["512"][0] < published["chance"]
    ours = [evd("executed", name)[size] for name in ("IAVI", "IQL as published", "chance")]
    assert (ours[0] < ours[1]).all()
    assert (ours[1] < ours[2]).all()
    few = evd("executed", "IQL as published")[0] / evd("executed", "chance")[0]
    assert (few > 0.95).all()
