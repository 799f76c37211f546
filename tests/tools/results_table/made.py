"""Records and rows that tests make up."""

from results_table import records, rows


def record(**fields) -> records.Record:
    """Returns a record of foregan/sprites, but for the given fields."""
    plain = {
        "row": "foregan/sprites",
        "step": 1500,
        "gin_files": ["gin/foregan.gin"],
        "bindings": [],
        "train": "python -m tfvideogan.train --gin_file=gin/foregan.gin",
        "evaluate": ["python -m tfvideogan.evaluate --workdir=runs/foregan"],
        "commit": "1234567",
        "version": "0.2.0",
        "started": "2026-11-29T01:00:00+00:00",
        "judged": "2026-11-29T02:00:00+00:00",
        "processor": "AMD EPYC",
        "cores": 2,
        "device": "one CPU device",
        "data": "procedural sprites",
        "is_procedural": True,
        "split": "test",
        "clips": 64,
        "frames": 32,
        "results": {
            "J mean/model/T": 0.9566,
            "J mean/flow-warped mask/T": 0.9189,
            "J mean/copied mask/T": 0.5887,
        },
        "intervals": {
            "J mean/model/T": [0.9512, 0.9619],
            "J mean/flow-warped mask/T": [0.91, 0.93],
            "J mean/copied mask/T": [0.55, 0.63],
        },
    }
    return records.Record(**(plain | fields))


def row(**fields) -> rows.Row:
    """Returns a row of foregan/sprites with one score, but for the given fields."""
    score = rows.Score("J mean/model/T", "J mean at T", baselines=("copied mask",))
    plain = {
        "id": "foregan/sprites",
        "task": "Mask tracking",
        "title": "ForeGAN",
        "link": "tfvideogan/models/foregan",
        "data": "sprites",
        "gin_files": ("gin/foregan.gin",),
        "scores": (score,),
    }
    return rows.Row(**(plain | fields))
