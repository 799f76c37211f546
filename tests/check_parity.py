"""What every family whose paper has code promises of the original's weights.

check_parity.every_variable_has_a_name(model)
check_parity.assert_close(ours, recorded["frames"], 1e-4)
"""

import numpy as np

from tfvideogan.models import base


def every_variable_has_a_name(model: base.VideoModel) -> None:
    """Each weight of each network stands in the table of published names, once."""
    table = model.published_weights()
    for name, network in model.networks.items():
        named = [id(weight.variable) for weight in table.networks[name]]
        assert sorted(named) == sorted(id(one) for one in network.weights), name


def assert_close(ours: np.ndarray, theirs: np.ndarray, tolerance: float) -> None:
    """Differences are at most `tolerance` times the largest number of the original."""
    largest = np.abs(theirs).max()
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * largest)
