"""The convolutions of AlexNet, in torchvision's layout.

References:
  [1] Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014.
"""

from tfvideogan.pretrained import image_network

NAME = "alexnet"


class AlexNet(image_network.ImageNetwork):
    """The five convolutions of [1]; see `ImageNetwork`."""

    layout = {
        "relu1": image_network.Convolution(64, kernel=11, stride=4, padding=2),
        "pool1": image_network.Pool(window=3),
        "relu2": image_network.Convolution(192, kernel=5, padding=2),
        "pool2": image_network.Pool(window=3),
        "relu3": image_network.Convolution(384),
        "relu4": image_network.Convolution(256),
        "relu5": image_network.Convolution(256),
    }
    published_name = "AlexNet_0"
