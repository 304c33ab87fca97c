import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from numpy.testing import assert_allclose

from rl_lib import (
    Objectworld,
    plot_learning_curves,
    plot_objectworld,
    plot_policy,
    plot_q,
    plot_values,
    plot_world,
    russell_norvig,
    value_iteration,
)
from rl_lib.plots import style


@pytest.fixture(scope="module")
def solved():
    world = russell_norvig()
    return world, value_iteration(world.mdp)


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def texts(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def test_values_are_written_in_their_cells(solved):
    world, best = solved
    ax = plot_values(world, best.v)
    shown = {tuple(t.get_position()): t.get_text() for t in ax.texts}
    assert shown[(0, 0)] == "0.81"
    assert shown[(3, 2)] == "0.39"
    assert shown[(3, 0)] == "+1"
    assert shown[(3, 1)] == "−1"
    assert (1, 1) not in shown
    assert len(shown) == 11


def test_one_arrow_for_each_probable_action(solved):
    world, best = solved
    arrows = [t for t in plot_policy(world, best.policy, v=best.v).texts if not t.get_text()]
    assert len(arrows) == 9
    start = next(a for a in arrows if round(a.xyann[0]) == 0 and round(a.xyann[1]) == 2)
    assert start.xy[1] < start.xyann[1]  # up: y grows downwards
    split = np.full((11, 4), 0.25)
    assert len([t for t in plot_policy(world, split).texts if not t.get_text()]) == 36


def test_the_best_action_of_each_cell_is_bold(solved):
    world, best = solved
    ax = plot_q(world, best.q)
    bold = [t.get_text() for t in ax.texts if t.get_weight() == "bold"]
    assert sorted(bold) == sorted(f"{value:.2f}" for value in best.v[~world.mdp.terminal])


def test_the_world_shows_its_start_and_exits(solved):
    assert sorted(texts(plot_world(solved[0]))) == ["+1", "start", "−1"]


def test_a_learning_curve_is_the_mean_with_its_interval():
    runs = np.array([[0.0, 0, 2, 2], [2.0, 2, 4, 4]])
    ax = plot_learning_curves({"a": runs, "b": runs[:1]}, smooth=2)
    assert_allclose(ax.lines[0].get_xydata(), [[1, 1], [3, 3]])
    half = 1.96 * np.sqrt(2) / np.sqrt(2)
    assert_allclose(ax.collections[0].get_paths()[0].get_extents().ymax, 3 + half)
    assert len(ax.collections) == 1  # one run has no interval


def contrast(one, two):
    def luminance(colour):
        c = np.asarray(to_rgb(colour))
        return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ [
            0.2126, 0.7152, 0.0722,
        ]  # fmt: skip

    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_numbers_read_on_every_colour():
    for x in np.linspace(0, 1, 101):
        colour = plt.get_cmap(style.MAP)(x)
        assert contrast(colour[:3], style.readable(colour)) >= 4.5  # WCAG 2.1 AA


def test_bad_input_is_named(solved):
    with pytest.raises(ValueError, match=r"v has shape \(3,\); it must have shape \(11,\)"):
        plot_values(solved[0], [1, 2, 3])


def test_an_objectworld_shows_every_cell_and_object():
    world = Objectworld([(0, 1, 0, 0), (2, 2, 1, 0), (1, 0, 2, 0)], size=3, n_colours=3)
    ax = plot_objectworld(world, np.arange(9), limits=(0, 10))
    (image,) = ax.images
    assert_allclose(image.get_array(), np.arange(9).reshape(3, 3))
    assert image.get_clim() == (0, 10)
    marks = [(line.get_marker(), *map(int, line.get_xydata()[0])) for line in ax.lines]
    assert marks == [("o", 1, 0), ("s", 2, 2), ("X", 0, 1)]
    assert not plot_objectworld(world, np.arange(9), objects=False).lines
    with pytest.raises(ValueError, match=r"values has shape \(4,\)"):
        plot_objectworld(world, np.arange(4))
