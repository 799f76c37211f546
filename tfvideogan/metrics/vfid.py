"""The Fréchet distance of completed videos from the originals: VFID.

    from tfvideogan.metrics import vfid
    from tfvideogan.metrics.features import i3d

    loop.run.metrics = (@vfid.VFID(), @clip_statistics/vfid.VFID())
    vfid.VFID.extractor = @i3d.PooledI3D()
    clip_statistics/vfid.VFID.extractor = @clip_statistics/i3d.PooledI3D()
    clip_statistics/i3d.PooledI3D.clip_statistics = True

Inpainting's measure [1]: one vector of the last block of I3D for each whole video, at the
size of the video, the completed videos against their own originals. Published figures come
from a network left in training mode, whose batch norm takes the statistics of each video:
`clip_statistics`. With 50 videos and 1,024 features the covariances are singular; a figure
means something beside others of the same list of videos only.

References:
  [1] Wang et al., Video-to-Video Synthesis, NeurIPS 2018, section 4.
"""

import dataclasses

from tfvideogan.metrics import feature_distance


@dataclasses.dataclass(eq=False)
class VFID(feature_distance.FeatureDistance):
    """Fréchet distance of paired videos; `VFID/model/...`. No floor: pairs are nearer.

    Attributes:
      extractor: of features of whole clips, such as `i3d.PooledI3D()`.
      frames: see `FeatureDistance`.
      controls: not used; there are no further real clips.
      cache_dir: see `FeatureDistance`.
    """

    frechet_name = "VFID"
    kernel_name = ""
    more_real = False
