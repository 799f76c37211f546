"""What a row of docs/results.md is; the rows themselves are in table.py."""

import dataclasses

from tfvideogan.metrics import measures

TASKS = (
    "Mask tracking",
    "Generation",
    "Prediction",
    "Text to image",
    "Text to video",
    "Inpainting",
    "Deblurring",
    "Classification",
)


@dataclasses.dataclass(frozen=True)
class Score:
    """One score of a row.

    Attributes:
      result: its name in eval.jsonl.
      label: what it is called in a table, with its unit.
      is_lower_better: of two values.
      baselines: subjects of the same measure and column that were judged on the same
        clips and cost no training; a score in bold is better than all of them.
      rivals: rows that were trained as well; a score in bold is better than theirs, too.
      references: subjects that are shown beside it without a claim.
    """

    result: str
    label: str
    is_lower_better: bool = False
    baselines: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()
    references: tuple[str, ...] = ()

    def of(self, subject: str) -> str:
        """Returns the name of the same result of another subject."""
        measure, _, column = measures.split(self.result)
        return f"{measure}/{subject}/{column}"

    def difference(self, subject: str) -> str:
        """Returns the name of the difference to another subject, clip by clip."""
        return self.of(f"{measures.split(self.result)[1]} - {subject}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """One experiment.

    Attributes:
      id: `family/data`; also the folder of its runs.
      task: one of TASKS.
      title: of the model.
      link: the folder of the model.
      data: in words.
      gin_files: in the order of the command.
      bindings: of gin, for training.
      root: a macro of gin for the folder of a real data set; its value is private and
        stands in no record.
      example_root: what is printed instead.
      steps: where they differ from the gin file's.
      evaluations: options of each evaluation; their results are put together.
      split: that is judged.
      scores: what is shown, the first one first.
      remark: what a reader of the scores must know.
    """

    id: str
    task: str
    title: str
    link: str
    data: str
    gin_files: tuple[str, ...]
    bindings: tuple[str, ...] = ()
    root: str = ""
    example_root: str = ""
    steps: int | None = None
    evaluations: tuple[tuple[str, ...], ...] = ((),)
    split: str = "test"
    scores: tuple[Score, ...]
    remark: str = ""
