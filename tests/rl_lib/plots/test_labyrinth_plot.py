import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgba
from numpy.testing import assert_allclose

from rl_lib.plots.labyrinth import plot_labyrinth
from rl_lib.worlds.labyrinth import Labyrinth


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


@pytest.fixture(params=["swirl", "visits"])
def world(request):
    return Labyrinth(request.param)


def centres(collection):
    return np.array(
        [path.get_extents().get_points().mean(axis=0) for path in collection.get_paths()]
    )


def test_nodes_are_coloured_where_they_lie(world):
    values = np.arange(127.0)
    ax = plot_labyrinth(world, values, limits=(0, 200))
    corridors, nodes = ax.collections
    assert_allclose(centres(nodes), world.positions, atol=1e-9)
    ax.figure.draw_without_rendering()
    expected = plt.get_cmap("viridis")(values / 200)
    assert_allclose(nodes.get_facecolor(), expected, atol=1 / 255)
    assert len(corridors.get_paths()) == 127  # one to each node, the entrance included
    assert {text.get_text() for text in ax.texts} == {"home", "water"}


def test_home_and_water_are_marked_by_shape_and_words(world):
    ax = plot_labyrinth(world)
    nodes = ax.collections[1]
    framed = np.flatnonzero(np.asarray(nodes.get_linewidth()) > 0)
    assert sorted(framed) == sorted([world.home, world.water])
    corners = nodes.get_paths()[world.water].vertices
    assert_allclose(np.abs(corners - world.positions[world.water]).sum(axis=1).max(), 0.75)
    places = {text.get_text(): text.get_position() for text in ax.texts}
    assert np.abs(np.subtract(places["water"], world.positions[world.water])).max() <= 1
    assert np.abs(np.subtract(places["home"], world.positions[world.home])).max() <= 1
    assert tuple(nodes.get_facecolor()[0]) == to_rgba("#9a9a9a")
    assert len(ax.figure.axes) == 1  # no values, no scale


def test_one_scale_for_several_pictures(world):
    figure, (left, right) = plt.subplots(1, 2)
    assert plot_labyrinth(world, world.depth, ax=left, limits=(0, 6)) is left
    assert len(figure.axes) == 2
    plot_labyrinth(world, world.depth, ax=right, limits=(0, 6), label="steps")
    assert figure.axes[2].get_ylabel() == "steps"
    assert len(plot_labyrinth(world, np.zeros(127)).figure.axes) == 2  # a figure of its own


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros(126), r"values has shape \(126,\); it must have shape \(127,\)"),
        (np.full(127, np.nan), r"values\[0\] is nan; it must be finite"),
    ],
)
def test_bad_values_are_named(world, values, message):
    with pytest.raises(ValueError, match=message):
        plot_labyrinth(world, values)
