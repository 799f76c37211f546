import numpy as np
import pytest

from tfvideogan.data.procedural import capsules
from tfvideogan.data.procedural.walkers import body, raster


@pytest.mark.parametrize("middle", [-6.0, 0.0, 14.3, 30.0, 40.0])
def test_a_body_is_painted_as_its_strokes_wherever_it_stands(middle):
    points = {"pelvis": np.asarray([middle + 12j]), "neck": np.asarray([middle + 5j])}
    limb = body.Limb("pelvis", "neck", radius=0.1, shade=1.0)
    frames = np.zeros((1, 24, 32), np.float32)
    raster.paint_body(frames, points, [limb], np.asarray([30.0]))
    expected = np.zeros((1, 24, 32), np.float32)
    ends = points["pelvis"], points["neck"]
    capsules.paint(expected, *ends, radius=np.asarray([3.0]), shade=1.0)
    np.testing.assert_allclose(frames, expected, atol=1e-3)  # points are rounded
