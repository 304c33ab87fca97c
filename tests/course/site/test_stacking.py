"""Wide pictures are cut between their panels, and nowhere else."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from course.site.stacking import panels
from course.site.weight import lighten

# What another test has left open is collected here, now and then.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def ink_of(figure, dpi=100):
    figure.set_dpi(dpi)
    figure.canvas.draw()
    picture = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("L")
    plt.close(figure)
    return np.asarray(picture) < 250


def plotted(columns, rows=1, **options):
    figure, axes = plt.subplots(rows, columns, squeeze=False, layout="constrained", **options)
    for number, ax in enumerate(axes.flat):
        ax.plot([0, 1], [number, 2], label=f"line {number}")
        ax.set(xlabel="what is given", ylabel="what is found", title=f"panel {number}")
    return figure, axes


@pytest.mark.parametrize("columns", [2, 3, 4])
@pytest.mark.parametrize("rows", [1, 2])
def test_a_part_is_a_panel_with_its_labels(columns, rows):
    figure, axes = plotted(columns, rows, figsize=(3.4 * columns, 2.6 * rows))
    ink = ink_of(figure)
    height = ink.shape[0]
    boxes = panels(ink, 100, 4.5)
    assert len(boxes) == columns
    for ax, box in zip(axes[0], boxes, strict=True):
        around = ax.get_tightbbox()
        assert box.left - 2 <= around.x0
        assert around.x1 <= box.right + 2
        assert height - around.y1 >= box.top - 2


def test_a_colour_bar_stays_with_its_panel():
    figure, axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
    for ax in axes:
        image = ax.imshow(np.arange(12).reshape(3, 4))
        ax.set_ylabel("row")
        bar = figure.colorbar(image, ax=ax, label="how much")
    left, right = panels(ink_of(figure), 100, 4.5)
    assert right.right >= bar.ax.get_tightbbox().x1 - 4
    assert left.right < axes[1].get_tightbbox().x0 + 2


def test_a_legend_below_is_a_part_of_its_own():
    figure, axes = plotted(2, figsize=(9, 3))
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center")
    boxes = panels(ink_of(figure), 100, 4.5)
    assert len(boxes) == 3
    assert boxes[2].top >= boxes[0].bottom


def test_what_has_no_white_between_stays_whole():
    figure, _ = plotted(1, figsize=(9, 3))
    assert len(panels(ink_of(figure), 100, 4.5)) == 1
    assert panels(np.zeros((10, 2000), dtype=bool), 100, 4.5) == []
    assert len(panels(np.ones((10, 2000), dtype=bool), 100, 4.5)) == 1


def test_every_drop_of_ink_is_in_a_part(rng):
    for _ in range(40):
        ink = np.zeros((60, 700), dtype=bool)
        for _ in range(rng.integers(1, 6)):
            top, left = rng.integers(50), rng.integers(650)
            ink[top : top + rng.integers(1, 60), left : left + rng.integers(1, 300)] = True
        shown = np.zeros_like(ink)
        for box in panels(ink, 100, 2):
            shown[box.top : box.bottom, box.left : box.right] = True
        assert not (ink & ~shown).any()


def test_pages_are_lightened_once(tmp_path):
    import base64
    import io

    figure, _ = plotted(2, figsize=(9, 3))
    (tmp_path / "_images").mkdir()
    figure.savefig(tmp_path / "_images" / "a.png", dpi=200)
    stored = io.BytesIO()
    figure.savefig(stored, dpi=144)
    plt.close(figure)
    data = base64.b64encode(stored.getvalue()).decode()
    styles = tmp_path / "_static" / "styles"
    styles.mkdir(parents=True)
    (styles / "pydata-sphinx-theme.css").write_text("", "utf8")
    page = tmp_path / "page.html"
    page.write_text(
        f'<img src="_images/a.png" alt="Two &quot;lines&quot;"/>'
        f'<img src="data:image/png;base64,{data}" width="648" height="216" '
        'alt="b" data-label="1" hidden>'
        '<img src="_static/logo.svg" alt="logo">',
        "utf8",
    )
    lighten(tmp_path)
    once = page.read_text("utf8")
    lighten(tmp_path)
    assert page.read_text("utf8") == once
    assert once.count("picture-part") == 4
    assert once.count('alt="Two &quot;lines&quot;"') == 2, "once for a wide screen, once stacked"
    assert 'width="900" height="300"' in once
    assert '<span class="picture" data-label="1" hidden>' in once
    assert "data:image" not in once
    assert len(list((tmp_path / "_images").iterdir())) == 2
    assert '<img src="_static/logo.svg" alt="logo">' in once
