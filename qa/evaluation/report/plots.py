"""Plots as SVG that takes its colours from the page: lines over a unit square, and bars."""

from collections.abc import Mapping, Sequence
from html import escape

Points = Sequence[tuple[float, float]]
"""(x, y), by rising x."""

_WIDTH, _HEIGHT = 420, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 54, 16, 12, 40


def lines(
    title: str,
    series: Mapping[str, Points],
    *,
    x: str,
    y: str,
    x_ticks: Sequence[float] = (0, 0.25, 0.5, 0.75, 1),
    dots: bool = False,
    diagonal: bool = False,
) -> str:
    """Lines (or dots) with y from 0 to 1 and x over the ticks, which are spaced evenly where they are not shares."""
    place = _Scale(x_ticks)
    parts = [_frame(title, _summary(series), x, y, [(place(tick), f"{tick:g}") for tick in x_ticks])]
    if diagonal:
        parts.append(f'<line class="ideal" x1="{_LEFT}" y1="{_y(0)}" x2="{_WIDTH - _RIGHT}" y2="{_y(1)}"/>')
    for number, points in enumerate(series.values(), start=1):
        spots = [(place(a), _y(b)) for a, b in points]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in spots)
        parts.append(f'<polyline class="line c{number}" points="{path}"/>')
        if dots:
            parts += [f'<circle class="dot c{number}" cx="{a:.1f}" cy="{b:.1f}" r="3"/>' for a, b in spots]
    return _figure(title, "".join(parts), list(series) if len(series) > 1 else [])


def bars(title: str, groups: Mapping[str, Mapping[str, float]], *, unit: str) -> str:
    """Horizontal bars, one for each value of each group; all values share one scale."""
    largest = max((value for group in groups.values() for value in group.values()), default=1.0) or 1.0
    names = list(next(iter(groups.values()), {}))
    rows, thick = sum(len(group) for group in groups.values()), 12
    height = 16 + rows * (thick + 2) + len(groups) * 10
    room = _WIDTH - 80 - 70
    parts, top = [], 8
    for label, group in groups.items():
        middle = top + len(group) * (thick + 2) / 2
        parts.append(f'<text x="72" y="{middle:.1f}" class="end middle">{escape(label)}</text>')
        for number, value in enumerate(group.values(), start=1):
            wide = max(1.0, room * value / largest)
            parts.append(f'<rect class="bar c{number}" x="80" y="{top}" width="{wide:.1f}" height="{thick}" rx="2"/>')
            parts.append(f'<text x="{80 + wide + 5:.1f}" y="{top + thick / 2:.1f}" class="middle">{value:.1f}</text>')
            top += thick + 2
        top += 10
    summary = "; ".join(
        f"{label}: " + ", ".join(f"{name} {value:.1f} {unit}" for name, value in group.items())
        for label, group in groups.items()
    )
    head = f'<svg viewBox="0 0 {_WIDTH} {height}" role="img"><title>{escape(f"{title}. {summary}.")}</title>'
    return _figure(f"{title} ({unit})", head + "".join(parts) + "</svg>", names, wrapped=True)


class _Scale:
    """x in pixels. Ticks that are no shares (k = 1, 5, 20 …) stand at even distances, and points between them too."""

    def __init__(self, ticks: Sequence[float]) -> None:
        self._ticks = ticks

    def __call__(self, value: float) -> float:
        ticks, steps = self._ticks, len(self._ticks) - 1
        after = next((n for n, tick in enumerate(ticks) if tick >= value), steps)
        before = max(0, after - 1)
        gap = ticks[after] - ticks[before]
        share = (before + ((value - ticks[before]) / gap if gap else 0.0)) / max(1, steps)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(value: float) -> float:
    return _TOP + (1 - value) * (_HEIGHT - _TOP - _BOTTOM)


def _frame(title: str, summary: str, x: str, y: str, ticks: Sequence[tuple[float, str]]) -> str:
    """Axes, grid and labels."""
    parts = [f"<title>{escape(f'{title}. {summary}')}</title>"]
    for share in (0, 0.25, 0.5, 0.75, 1):
        parts.append(f'<line class="grid" x1="{_LEFT}" y1="{_y(share)}" x2="{_WIDTH - _RIGHT}" y2="{_y(share)}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{_y(share)}" class="end middle">{share:g}</text>')
    parts += [f'<text x="{at:.1f}" y="{_y(0) + 15}" class="centre">{escape(label)}</text>' for at, label in ticks]
    parts.append(f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 6}" class="centre name">{escape(x)}</text>')
    parts.append(
        f'<text x="12" y="{_y(0.5)}" class="centre name" transform="rotate(-90 12 {_y(0.5)})">{escape(y)}</text>'
    )
    return "".join(parts)


def _figure(title: str, body: str, legend: Sequence[str], *, wrapped: bool = False) -> str:
    svg = body if wrapped else f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">{body}</svg>'
    keys = "".join(f'<li><i class="c{n}"></i>{escape(name)}</li>' for n, name in enumerate(legend, start=1))
    key = f'<ul class="legend">{keys}</ul>' if keys else ""
    return f"<figure><figcaption>{escape(title)}</figcaption>{svg}{key}</figure>"


def _summary(series: Mapping[str, Points]) -> str:
    """First and last point of each line, for those who do not see it."""
    parts = [
        f"{name} from {points[0][1]:.2f} at {points[0][0]:g} to {points[-1][1]:.2f} at {points[-1][0]:g}"
        for name, points in series.items()
        if points
    ]
    return "; ".join(parts) + "."
