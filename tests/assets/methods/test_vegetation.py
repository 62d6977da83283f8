import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.methods.vegetation import ndvi

light = st.floats(0.001, 1)


def test_green_is_what_the_formula_of_the_earth_resources_satellites_says():
    # Rouse et al. (1974): (0.5 - 0.1) / (0.5 + 0.1); bare ground about 0, water below.
    assert ndvi(0.5, 0.1) == pytest.approx(0.6667, abs=5e-5)
    assert ndvi([0.2, 0.02], [0.2, 0.04]) == pytest.approx([0, -1 / 3])


def test_what_sends_nothing_back_or_is_not_known_has_no_index():
    assert np.isnan(ndvi([0, -0.1, np.nan, 0.2], [0, 0.2, 0.1, np.nan])).all()


@given(light, light, st.floats(0.01, 1))
def test_a_thin_haze_that_dims_both_lights_changes_nothing(infrared, red, dimmed):
    assert ndvi(infrared * dimmed, red * dimmed) == pytest.approx(ndvi(infrared, red))


@given(light, light)
def test_the_two_lights_exchanged_are_the_other_sign_and_none_is_beyond_one(infrared, red):
    assert ndvi(red, infrared) == -ndvi(infrared, red)
    assert abs(ndvi(infrared, red)) <= 1


@given(light, light, st.floats(0.001, 1))
def test_more_infrared_is_greener(infrared, red, more):
    assert ndvi(infrared + more, red) > ndvi(infrared, red)
