"""Plays films over each other, with a wipe, or beside each other: HTML and a script.

player.html({"input": "/file=in.mp4", "video": "/file=out.mp4"})

The two films keep time: the lower one, which has the controls, leads. What is too small
for a screen is shown larger, pixel by pixel.
"""

import html as escaping
from collections.abc import Mapping

STILLS = (".png", ".gif", ".apng")

STYLE = """
.tv-stage { position: relative; display: grid; justify-content: start; gap: 8px; }
.tv-film { grid-area: 1 / 1; height: min(60vh, 420px); max-width: 100%;
           object-fit: contain; image-rendering: pixelated; background: #222; }
.tv-over { pointer-events: none; clip-path: inset(0 calc(100% - var(--wipe, 50%)) 0 0); }
.tv-line { grid-area: 1 / 1; width: 2px; background: #fff; pointer-events: none;
           margin-left: var(--wipe, 50%); mix-blend-mode: difference; }
.tv-beside .tv-under { grid-area: 1 / 2; }
.tv-beside .tv-over { clip-path: none; }
.tv-beside .tv-line, .tv-beside .tv-slide { display: none; }
.tv-bar { display: flex; flex-wrap: wrap; gap: 12px; align-items: center;
          margin: 8px 0; }
.tv-bar input[type=range] { flex: 1 1 160px; }
"""

# `element` is the component that holds the page's HTML, which changes with each answer.
SCRIPT = """
const find = name => element.querySelector('.tv-' + name);
const film = (choice, place) => {
  const { url, still } = choice.selectedOptions[0].dataset;
  const old = find(place), made = document.createElement(still ? 'img' : 'video');
  made.className = old.className;
  made.src = url;
  if (!still) {
    Object.assign(made, { muted: true, loop: true, autoplay: true, playsInline: true });
    made.controls = place === 'under';
  }
  old.replaceWith(made);
};
element.addEventListener('input', event => {
  if (event.target.matches('.tv-slide'))
    find('stage').style.setProperty('--wipe', event.target.value + '%');
});
element.addEventListener('change', event => {
  if (event.target.matches('.tv-left')) film(event.target, 'over');
  if (event.target.matches('.tv-right')) film(event.target, 'under');
  if (event.target.matches('.tv-mode'))
    find('stage').parentNode.classList.toggle('tv-beside', event.target.checked);
});
const follow = event => {
  const under = find('under'), over = find('over');
  if (event.target !== under || !over || over.tagName !== 'VIDEO') return;
  if (under.paused) over.pause(); else over.play();
  const apart = Math.abs(over.currentTime - under.currentTime);
  if (apart > 0.08 && under.currentTime <= over.duration)
    over.currentTime = under.currentTime;
};
for (const name of ['play', 'pause', 'seeked', 'timeupdate'])
  element.addEventListener(name, follow, true);  // films do not let these bubble
"""


def html(films: Mapping[str, str]) -> str:
    """Returns the HTML that plays films; with several, the first two over each other.

    Args:
      films: addresses by what is shown; the first one is at the left.
    """
    if not films:
        return ""
    names = list(films)
    if len(names) == 1:
        return f'<div class="tv-stage">{_film(films[names[0]], "under")}</div>'
    left, right = names[:2]
    return (
        f'<div><div class="tv-stage">{_film(films[right], "under")}'
        f'{_film(films[left], "over")}<div class="tv-line"></div></div>'
        f'<div class="tv-bar"><label>left {_choice(films, left, "left")}</label>'
        '<input class="tv-slide" type="range" value="50" aria-label="wipe">'
        f"<label>right {_choice(films, right, 'right')}</label>"
        '<label><input class="tv-mode" type="checkbox"> side by side</label></div></div>'
    )


def _film(url: str, place: str) -> str:
    source = escaping.escape(url, quote=True)
    if url.endswith(STILLS):
        return f'<img class="tv-film tv-{place}" src="{source}" alt="{place}">'
    controls = " controls" if place == "under" else ""
    return (
        f'<video class="tv-film tv-{place}" src="{source}" muted loop autoplay '
        f"playsinline{controls}></video>"
    )


def _choice(films: Mapping[str, str], chosen: str, place: str) -> str:
    options = (
        f'<option data-url="{escaping.escape(url, quote=True)}"'
        f"{' data-still=1' * url.endswith(STILLS)}{' selected' * (name == chosen)}>"
        f"{escaping.escape(name)}</option>"
        for name, url in films.items()
    )
    return f'<select class="tv-{place}">{"".join(options)}</select>'
