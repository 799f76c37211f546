"""The convolutions of VGG16, the network of perceptual losses, in torchvision's layout.

References:
  [1] Simonyan, Zisserman, "Very deep convolutional networks for large-scale image
      recognition", ICLR 2015, table 1, column D.
"""

from tfvideogan.pretrained import image_network

NAME = "vgg16"


class VGG16(image_network.ImageNetwork):
    """The thirteen convolutions of [1]; see `ImageNetwork`."""

    layout = {
        "relu1_1": image_network.Convolution(64),
        "relu1_2": image_network.Convolution(64),
        "pool1": image_network.Pool(),
        "relu2_1": image_network.Convolution(128),
        "relu2_2": image_network.Convolution(128),
        "pool2": image_network.Pool(),
        "relu3_1": image_network.Convolution(256),
        "relu3_2": image_network.Convolution(256),
        "relu3_3": image_network.Convolution(256),
        "pool3": image_network.Pool(),
        "relu4_1": image_network.Convolution(512),
        "relu4_2": image_network.Convolution(512),
        "relu4_3": image_network.Convolution(512),
        "pool4": image_network.Pool(),
        "relu5_1": image_network.Convolution(512),
        "relu5_2": image_network.Convolution(512),
        "relu5_3": image_network.Convolution(512),
        "pool5": image_network.Pool(),
    }
    published_name = "VGG16_0"
