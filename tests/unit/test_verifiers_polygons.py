"""Outlines under a homography: what lies inside a rectangle, and what two photos have in common."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies_clusters import a_photo

from dupfinder.model import Orientation, Transform
from dupfinder.verifiers.polygons import Polygon, area, clipped, common_areas, outline
from dupfinder.verifiers.transforms import inverse, to_transform, whole_frame

WIDTH, HEIGHT = 100.0, 60.0
CELL = 0.25


@st.composite
def convex(draw: st.DrawFn) -> Polygon:
    """Corners around an ellipse, so always convex; anywhere about the rectangle."""
    degrees = draw(st.lists(st.integers(0, 359), min_size=3, max_size=5, unique=True))
    turns = np.radians(np.sort(degrees))
    middle = draw(st.floats(-40, 140)), draw(st.floats(-40, 100))
    radii = draw(st.floats(1, 120)), draw(st.floats(1, 120))
    return np.stack([np.cos(turns), np.sin(turns)], axis=1) * radii + middle


def area_of_mask(polygon: Polygon) -> float:
    """The area inside polygon and rectangle, by asking the middle of each small cell."""
    x, y = np.meshgrid(
        np.arange(CELL / 2, WIDTH, CELL), np.arange(CELL / 2, HEIGHT, CELL), indexing="xy"
    )
    inside = np.ones(x.shape, bool)
    for (ax, ay), (bx, by) in pairwise([*polygon, polygon[0]]):
        inside &= (bx - ax) * (y - ay) - (by - ay) * (x - ax) >= 0
    return float(inside.sum()) * CELL**2


@given(polygon=convex())
def test_the_part_inside_a_rectangle_has_the_area_of_a_mask(polygon: Polygon) -> None:
    inside = clipped(polygon, WIDTH, HEIGHT)
    # At most the cells along the outline, about half of each.
    outline = 2 * (WIDTH + HEIGHT)
    assert area(inside) == pytest.approx(area_of_mask(polygon), abs=outline * CELL)
    assert (inside >= -1e-9).all()
    assert (inside <= np.array([WIDTH, HEIGHT]) + 1e-9).all()


@given(polygon=convex())
def test_what_lies_inside_is_not_clipped(polygon: Polygon) -> None:
    small = (polygon - polygon.min(axis=0)) * 0.1 + 1
    assert area(clipped(small, WIDTH, HEIGHT)) == pytest.approx(area(small))


def test_a_rectangle_clipped_by_itself_stays_whole() -> None:
    """The outlines of a photo and its copy coincide; OpenCV's intersection fails there."""
    corners = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]])
    assert area(clipped(corners, WIDTH, HEIGHT)) == WIDTH * HEIGHT


def test_an_outline_is_where_the_corners_go() -> None:
    half = np.array([[0.5, 0, 10], [0, 0.5, 20], [0, 0, 1]])
    assert outline(40, 20, half).tolist() == [[10, 20], [30, 20], [30, 30], [10, 30]]


WIDE, TALL = a_photo("wide.jpg", width=400, height=300), a_photo("tall.jpg", width=300, height=400)


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
        (whole_frame(WIDE, TALL, Orientation.MIRRORED_90), (1.0, 1.0)),
        (to_transform(np.eye(3)), (0.75, 0.75)),
        (to_transform(np.diag([0.5, 0.5, 1])), (1.0, 0.25)),
        (to_transform(np.diag([2.0, 2.0, 1])), (0.25, 1.0)),
        (to_transform(np.array([[1.0, 0, 500], [0, 1, 0], [0, 0, 1]])), (0.0, 0.0)),
    ],
    ids=["whole", "corner on corner", "held", "enlarged", "beside"],
)
def test_what_two_pictures_have_in_common_follows_from_the_transform(
    transform: Transform, expected: tuple[float, float]
) -> None:
    wide, tall = (0.0, 0.0, 400.0, 300.0), (0.0, 0.0, 300.0, 400.0)
    of_wide, of_tall = (share * 120_000 for share in expected)
    assert common_areas(wide, tall, transform) == pytest.approx((of_wide, of_tall))
    assert common_areas(tall, wide, inverse(transform)) == pytest.approx((of_tall, of_wide))


def test_boxes_have_less_in_common_than_their_photos() -> None:
    """In square pixels of each: the second photo is twice as large."""
    transform = to_transform(np.diag([2.0, 2.0, 1]))
    found = common_areas((10, 10, 50, 50), (0, 0, 60, 1000), transform)
    assert found == pytest.approx((20 * 40, 40 * 80))
