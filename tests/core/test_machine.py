import os
import pathlib
import platform

import pytest

from tfvideogan.core import machine

CPU_INFO = """\
processor\t: 0
vendor_id\t: AuthenticAMD
model name\t: AMD EPYC 7B13
cpu MHz\t\t: 2450.000
"""


def test_the_processor_is_named_as_linux_names_it(tmp_path: pathlib.Path) -> None:
    (tmp_path / "cpuinfo").write_text(CPU_INFO, encoding="utf-8")
    assert machine.processor(tmp_path / "cpuinfo") == "AMD EPYC 7B13"


def test_a_processor_that_no_system_names_is_unknown(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "processor", lambda: "")
    assert machine.processor(tmp_path / "absent") == "unknown"


def test_memory_is_what_a_container_may_use(tmp_path: pathlib.Path) -> None:
    limit = tmp_path / "memory.max"
    whole = machine.memory([limit])
    assert whole == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit.write_text("max\n")
    assert machine.memory([limit]) == whole
    limit.write_text("4096\n")
    assert machine.memory([limit]) == 4096
