"""The HTML that plays films."""

import html.parser

from tfvideogan.pages import player


class Tags(html.parser.HTMLParser):
    """Collects start tags, and checks that each is ended."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in ("input", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag


def tags(films: dict[str, str]) -> Tags:
    parsed = Tags()
    parsed.feed(player.html(films))
    assert not parsed.open
    return parsed


def test_two_films_lie_over_each_other_and_each_can_be_chosen() -> None:
    found = tags({"input": "/a.mp4", "video": '/b"&.mp4', "mask": "/c.png"}).found
    videos = [given for tag, given in found if tag == "video"]
    assert [one["src"] for one in videos] == ['/b"&.mp4', "/a.mp4"]
    # The lower one leads, and has the controls.
    assert "controls" in videos[0] and "controls" not in videos[1]
    assert all("muted" in one and "loop" in one for one in videos)
    options = [given for tag, given in found if tag == "option"]
    assert [one["data-url"] for one in options] == ["/a.mp4", '/b"&.mp4', "/c.png"] * 2
    assert ["selected" in one for one in options] == [
        *(True, False, False),
        *(False, True, False),
    ]
    assert ["data-still" in one for one in options] == [False, False, True] * 2


def test_one_film_has_no_wipe_and_a_still_is_a_picture() -> None:
    found = tags({"video": "/b.mp4"}).found
    assert [tag for tag, _ in found] == ["div", "video"]
    found = tags({"image": "/b.png"}).found
    assert [tag for tag, _ in found] == ["div", "img"]
    assert player.html({}) == ""
