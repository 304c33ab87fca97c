"""Cut a wide picture into panels, so that a phone can show them one below the other.

Panels are found by the white between them, first the columns, and where there are none the rows
(recursive X-Y cuts). What has no line of its own is no panel: the labels of an axis go with what
follows, a colour bar and its label with what stands before it.

References
----------
Nagy, G. & Seth, S. (1984). Hierarchical representation of optically scanned documents. 7th
International Conference on Pattern Recognition, 347-349.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ink = npt.NDArray[np.bool_]
GAP = 0.05  # inches of white that part two panels
THIN = 0.12  # share of the width below which a strip is no panel
MOST = 0.35  # share of the height below which rows are labels or a legend
ACROSS, DOWN = 0.4, 0.25  # shares of a panel that a line of it goes through: an axis, a frame


class Box(NamedTuple):
    """A part of a picture, in pixels."""

    left: int
    top: int
    right: int
    bottom: int


def panels(ink: Ink, dpi: float, widest: float) -> list[Box]:
    """Cut a picture into parts that are no wider than is wanted, if it can be cut at all.

    Parameters
    ----------
    ink : boolean array (height, width)
        Where the picture is not white.
    dpi : float
        Pixels an inch.
    widest : float
        Width in inches up to which a part need not be cut.

    Returns
    -------
    list of Box
        From left to right and from top to bottom.

    Examples
    --------
    >>> ink = np.zeros((4, 20), dtype=bool)
    >>> ink[:, :8] = ink[:, 12:] = True
    >>> panels(ink, dpi=10, widest=1)
    [Box(left=0, top=0, right=8, bottom=4), Box(left=12, top=0, right=20, bottom=4)]
    """
    return _cut(ink, Box(0, 0, ink.shape[1], ink.shape[0]), max(2, round(GAP * dpi)), widest * dpi)


def _cut(ink: Ink, box: Box, gap: int, widest: float) -> list[Box]:
    rows, columns = (np.flatnonzero(_part(ink, box).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return []
    box = Box(
        box.left + int(columns[0]),
        box.top + int(rows[0]),
        box.left + int(columns[-1]) + 1,
        box.top + int(rows[-1]) + 1,
    )
    if box.right - box.left <= widest:
        return [box]
    found = _grouped(_columns(_part(ink, box), gap), widest)
    if len(found) > 1:
        boxes = [Box(box.left + a, box.top, box.left + b, box.bottom) for a, b in found]
    else:
        boxes = _rows(ink, box, gap)
    if len(boxes) == 1:
        return [box]
    return [small for each in boxes for small in _cut(ink, each, gap, widest)]


def _part(ink: Ink, box: Box) -> Ink:
    return ink[box.top : box.bottom, box.left : box.right]


def _rows(ink: Ink, box: Box, gap: int) -> list[Box]:
    """A legend or a title apart from the panels, or rows of panels from each other."""
    edges = [start for start, _ in _runs(_part(ink, box).any(axis=1), gap)][1:]
    cuts = [box._replace(bottom=box.top + edge) for edge in reversed(edges)]
    cuts += [box._replace(top=box.top + edge) for edge in edges]
    for kept in cuts:  # as much as can be parted, first without what is below, then above
        tall = kept.bottom - kept.top > MOST * (box.bottom - box.top)
        if tall and len(_columns(_part(ink, kept), gap)) > 1:
            if kept.top == box.top:
                return [kept, box._replace(top=kept.bottom)]
            return [box._replace(bottom=kept.top), kept]
    return [box]


def _runs(inked: npt.ArrayLike, gap: int) -> list[tuple[int, int]]:
    """First and last + 1 of each run of ink; white narrower than a gap belongs to it."""
    places = np.flatnonzero(inked)
    breaks = np.flatnonzero(np.diff(places) > gap)
    starts, ends = np.append(0, breaks + 1), np.append(breaks, len(places) - 1)
    return [(int(places[a]), int(places[b]) + 1) for a, b in zip(starts, ends, strict=True)]


def _columns(part: Ink, gap: int) -> list[tuple[int, int]]:
    """First and last + 1 column of each panel, its labels and colour bar with it."""
    found: list[tuple[int, int]] = []
    waiting: int | None = None  # where labels begin that belong to what follows
    bar = False  # whether a colour bar has just been read
    for start, end in _runs(part.any(axis=0), gap):
        strip = part[:, start:end]
        thin = end - start < THIN * part.shape[1]
        solid = _longest_line(strip.T) > DOWN or (not thin and _longest_line(strip) > ACROSS)
        if solid and thin and found and waiting is None:
            found[-1], bar = (found[-1][0], end), True
        elif solid:
            found.append((start if waiting is None else waiting, end))
            waiting, bar = None, False
        elif bar:
            found[-1], bar = (found[-1][0], end), False
        elif waiting is None:
            waiting = start
    if not found:
        return [(0, part.shape[1])]
    found[-1] = (found[-1][0], part.shape[1])
    return found


def _longest_line(part: Ink) -> float:
    """Longest unbroken run of ink in a row, as a share of the width: text has short ones."""
    count = np.cumsum(part, axis=1)
    before = np.maximum.accumulate(np.where(part, 0, count), axis=1)
    return float((count - before).max()) / part.shape[1]


def _grouped(found: list[tuple[int, int]], widest: float) -> list[tuple[int, int]]:
    """Neighbours together as long as they are no wider than is wanted."""
    groups = [found[0]]
    for start, end in found[1:]:
        if end - groups[-1][0] <= widest:
            groups[-1] = (groups[-1][0], end)
        else:
            groups.append((start, end))
    return groups
