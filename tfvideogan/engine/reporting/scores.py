"""Scores in TensorBoard: the model and what it is compared with in one chart.

    writer = Scores("runs/foregan/eval", settings={"BATCH_SIZE": 8}, trial="foregan")
    writer.write(100, {"PSNR/model/T": 30.0, "PSNR/copied/T": 24.0})

    eval/model/     1 scores/PSNR/T, and what the run is in the table of the HParams tab
    eval/copied/    1 scores/PSNR/T

Each subject is a run: TensorBoard draws a tag of several runs in one chart, and takes the
folder of events for the name of the run.
"""

import pathlib
from collections.abc import Mapping

from tfvideogan.engine.config import settings as configured
from tfvideogan.engine.reporting import summaries, tags
from tfvideogan.metrics import precision_recall


class Scores:
    """Writes the results of evaluations of one kind, each subject as a run."""

    def __init__(
        self,
        folder: str,
        *,
        settings: Mapping[str, configured.Setting],
        trial: str,
        is_chief: bool = True,
        start: int = 0,
    ) -> None:
        """Names the folder and writes nothing.

        Args:
          folder: below which the runs lie.
          settings: that distinguish runs, see `config/settings.py`.
          trial: what the run is called in their table.
          is_chief: whether to write at all.
          start: see `summaries.Summaries`.
        """
        self._folder = pathlib.Path(folder)
        self._settings = settings
        self._trial = trial
        self._is_chief = is_chief
        self._start = start
        self._runs: dict[str, summaries.Summaries] = {}

    def write(
        self,
        step: int,
        results: Mapping[str, float],
        drawn: Mapping[str, precision_recall.Curve] | None = None,
    ) -> None:
        """Writes results by their names, `measure/subject/column`.

        Args:
          step: training steps done.
          results: numbers that are finite.
          drawn: curves of precision and recall, by the same kind of names.
        """
        values: dict[str, dict[str, float]] = {tags.MODEL: {}}
        abouts: dict[str, str] = {}
        for name, value in results.items():
            run, tag, abouts[tag] = tags.of_result(name)
            values.setdefault(run, {})[tag] = value
        for run, of_run in values.items():
            self._run(run).scalars(step, of_run, abouts)
        for name, curve in (drawn or {}).items():
            run, tag, about = tags.of_result(name)
            self._run(run).curve(step, tag, about, curve)

    def close(self) -> None:
        """Closes the events files."""
        for one in self._runs.values():
            one.close()

    def _run(self, name: str) -> summaries.Summaries:
        """The writer of a run; that of the model begins with what the run is."""
        if name not in self._runs:
            self._runs[name] = summaries.Summaries(
                str(self._folder / name), is_chief=self._is_chief, start=self._start
            )
            if name == tags.MODEL:
                self._runs[name].settings(self._settings, self._trial)
        return self._runs[name]
