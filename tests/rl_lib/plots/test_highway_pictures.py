import re
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest

from rl_lib.plots import BLUE, ORANGE, highway_film, plot_highway

CARS = [(990, 1, 20), (30, 2, 12), (960, 0, 25), (500, 1, 10)]


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def test_cars_stand_where_they_are():
    ax = plot_highway(CARS, safe=[True, False, True])
    cars = [patch for patch in ax.patches if hasattr(patch, "get_boxstyle")]
    places = [(patch.get_x() + patch.get_width(), patch.get_facecolor()) for patch in cars]
    assert [round(place) for place, _ in places] == [0, 40, -30]  # the fourth is out of sight
    colours = [plt.matplotlib.colors.to_hex(colour).upper() for _, colour in places]
    assert colours == [BLUE, ORANGE, "#FFFFFF"]
    middles = [patch.get_y() + patch.get_height() / 2 for patch in cars]
    assert middles[1] > middles[0] > middles[2]
    assert [text.get_text() for text in ax.texts[:3]] == ["20", "12", "25"]
    assert len(ax.texts) == 5  # and an arrow to each side


def test_there_is_no_arrow_to_where_there_is_no_lane():
    assert len(plot_highway([(0, 2, 20)], safe=[1, 1, 1]).texts) == 2


def test_a_film_is_a_small_picture_that_moves():
    moments = [[(20 * t, 1, 20), (970 + 25 * t, 2, 25), (40 + 12 * t, t % 2, 12)] for t in range(9)]
    moments = np.array(moments) % [1000, 3, 1000]
    film = highway_film(moments, label="cars & roads < here")
    root = ElementTree.fromstring(film)
    assert root[0].text == "cars & roads < here"
    moved = re.findall(r'<rect class="(\w+)".*?dur="(\w+)".*?values="([^"]*)"', film)
    assert [name for name, _, _ in moved] == ["me", "o", "o"]
    assert {dur for _, dur, _ in moved} == {"8s"}
    x = [[float(pair.split()[0]) for pair in values.split(";")] for _, _, values in moved]
    assert set(x[0]) == {380.0}
    assert np.diff(x[1]).tolist() == [20.0] * 8
    assert np.diff(x[2]).tolist() == [-32.0] * 8
    y = [float(pair.split()[1]) for pair in moved[2][2].split(";")]
    assert len(set(y)) == 2


@pytest.mark.parametrize(
    ("moments", "message"),
    [([CARS], "must hold at least 2"), ([CARS, CARS[:2]], "moments")],
)
def test_odd_films(moments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        highway_film(moments)
