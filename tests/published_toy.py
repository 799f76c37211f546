"""The toy model of the export door as if its paper had code: what import_weights reads."""

import numpy as np

from tests import formula_weights, served_toy
from tfvideogan.models import weight_names

# As that code would save them: filters 4, frames of 8x8.
SHAPES = {
    "G.first.weight": (4, 3, 3, 3),
    "G.first.bias": (4,),
    "G.last.weight": (3, 4, 3, 3),
    "G.last.bias": (3,),
    "D.first.weight": (4, 3, 3, 3),
    "D.first.bias": (4,),
    "D.last.weight": (1, 36),
    "D.last.bias": (1,),
}


class PublishedGAN(served_toy.ServedGAN):
    """Knows the names of that code."""

    def published_weights(self) -> weight_names.Table:
        networks = {"generator": ("G", self.generator), "critic": ("D", self.critic)}
        return weight_names.Table(
            {
                name: [
                    *weight_names.of_layer(network.first, f"{prefix}.first"),
                    *weight_names.of_layer(network.last, f"{prefix}.last"),
                ]
                for name, (prefix, network) in networks.items()
            }
        )


def arrays(prefix: str = "") -> dict[str, np.ndarray]:
    """Returns the weights by formula, of all networks or of one."""
    found = formula_weights.weights(SHAPES)
    return {name: one for name, one in found.items() if name.startswith(prefix)}
