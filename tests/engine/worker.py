"""One of several workers that train together; prints a sum over its weights.

python -m tests.engine.worker WORKDIR STEPS
"""

import sys

from tests.engine import toy
from tfvideogan.engine import command_line, loop

BATCH_SIZE = 4


def main(workdir: str, steps: int) -> None:
    command_line.start_logging()
    made: list[toy.ToyGAN] = []

    def make_model() -> toy.ToyGAN:
        made.append(toy.ToyGAN(penalty=True, clip_norm=0.5))
        return made[0]

    outcome = loop.run(
        workdir=workdir,
        make_model=make_model,
        make_source=toy.ToySource,
        steps=steps,
        batch_size=BATCH_SIZE,
        seed=1,
        metrics=[toy.MeanError()],
        eval_clips=2,
        eval_multiples=1,
        save_every=2,
    )
    total = sum(float(abs(weight).sum()) for weight in made[0].get_weights())
    sys.stdout.write(f"step {outcome.step} sum {total!r}\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
