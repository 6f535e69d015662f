"""Questions about tables, made by rule: the labels are exact and cost nothing.

A table is drawn from names that texts mention and columns of everyday kinds, and written as documents have it: rows of
cells between bars, in Markdown or as the product's own extraction writes a spreadsheet's.
"""

from collections.abc import Callable, Sequence
from random import Random

from qa.training.data.examples import Example

Cell = Callable[[Random], str]

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "October", "December")
_PEOPLE = (
    "Anna",
    "Ben",
    "Carla",
    "David",
    "Elena",
    "Farid",
    "Greta",
    "Hugo",
    "Irene",
    "Jonas",
    "Karim",
    "Lucia",
    "Omar",
)
_SURNAMES = (
    "Abbott",
    "Bauer",
    "Castillo",
    "Dietrich",
    "Edwards",
    "Fontaine",
    "Haddad",
    "Jensen",
    "Lindqvist",
    "Moreau",
)
_STATES = ("open", "closed", "planned", "in progress", "done", "on hold", "approved", "rejected", "draft")
_ROOMS = ("Room {}", "Hall {}", "Building {}", "Floor {}")

COLUMNS: dict[str, Cell] = {
    "Price": lambda r: f"{r.choice('$€£')}{r.randint(1, 999)}.{r.choice(('00', '50', '95', '99'))}",
    "Budget": lambda r: f"${r.randint(2, 980)},000",
    "Year": lambda r: str(r.randint(1890, 2026)),
    "Date": lambda r: f"{r.randint(1, 28)} {r.choice(_MONTHS)} {r.randint(2005, 2027)}",
    "Deadline": lambda r: f"{r.randint(2019, 2028)}-{r.randint(1, 12):02}-{r.randint(1, 28):02}",
    "Duration": lambda r: f"{r.randint(2, 60)} {r.choice(('minutes', 'hours', 'days', 'weeks'))}",
    "Owner": lambda r: f"{r.choice(_PEOPLE)} {r.choice(_SURNAMES)}",
    "Contact": lambda r: f"{r.choice(_PEOPLE)} {r.choice(_SURNAMES)}",
    "Status": lambda r: r.choice(_STATES),
    "Location": lambda r: r.choice(_ROOMS).format(r.randint(1, 40)),
    "Quantity": lambda r: str(r.randint(1, 5000)),
    "Share": lambda r: f"{r.randint(1, 99)}.{r.randint(0, 9)} %",
    "Weight": lambda r: f"{r.randint(1, 900)} kg",
    "Version": lambda r: f"{r.randint(0, 22)}.{r.randint(0, 20)}.{r.randint(0, 9)}",
    "Opening hours": lambda r: f"{r.randint(6, 11)} am to {r.randint(2, 10)} pm",
    "Phone": lambda r: f"555-{r.randint(1000, 9999)}",
    "Minimum": lambda r: str(r.randint(1, 90)),
    "Maximum": lambda r: str(r.randint(100, 900)),
}
LABELS = ("Name", "Item", "Product", "Place", "Project", "Team", "Course", "Station", "Member", "Site")
_DATES = ("Date", "Deadline", "Year")


def about_tables(names: Sequence[str], count: int, random: Random) -> list[Example]:
    """So many questions, of which one in four has no answer in its table."""
    return [_about(names, number, random) for number in range(count)]


def _about(names: Sequence[str], number: int, random: Random) -> Example:
    rows, columns = random.randint(3, 7), random.sample(sorted(COLUMNS), random.randint(2, 4) + 1)
    *columns, missing = columns
    *labels, stranger, whose = random.sample(names, rows + 2)
    cells = [[COLUMNS[column](random) for column in columns] for _ in labels]
    label = random.choice(LABELS)
    text, starts = _written([[label, *columns], *([n, *c] for n, c in zip(labels, cells, strict=True))], random)
    row, column = random.randrange(rows), random.randrange(len(columns))
    title = f"{label}s of {whose}"
    dated = sum(heading in _DATES for heading in columns) == 1
    name = f"table-{number}"
    if random.random() < 0.25:
        asked = (stranger, columns[column]) if random.random() < 0.5 else (labels[row], missing)
        place = starts[row + 1][column + 1]
        return Example(name, _question(*asked, random, dated=dated), text, (), False, title, "rule", place)
    value = cells[row][column]
    if random.random() < 0.2 and [c[column] for c in cells].count(value) == 1:
        question = f"Which {label.lower()} has {columns[column].lower()} {value}?"
        answer = (labels[row], starts[row + 1][0])
    else:
        question = _question(labels[row], columns[column], random, dated=dated)
        answer = (value, starts[row + 1][column + 1])
    return Example(name, question, text, (answer,), True, title, "rule", answer[1])


def _question(row: str, column: str, random: Random, *, dated: bool) -> str:
    """``dated``: the table has one column of dates, so that "when" names it."""
    when, column = dated and column in _DATES, column.lower()
    forms = [
        f"What is the {column} of {row}?",
        f"What is the {column} for {row}?",
        f"What {column} does {row} have?",
        f"{row} {column}",
        f"Which {column} is given for {row}?",
    ]
    if column in ("owner", "contact"):
        forms += [f"Who is the {column} of {row}?", f"Who is the {column} for {row}?"]
    if when:
        forms += [f"When is {row}?", f"When is {row} due?"]
    return random.choice(forms)


def _written(table: Sequence[Sequence[str]], random: Random) -> tuple[str, list[list[int]]]:
    """The table's text, and where each cell starts in it."""
    bars, rule = random.choice(((True, True), (True, True), (True, False), (False, False)))
    text, starts = "", []
    if random.random() < 0.3:
        text = random.choice(("The following table lists all of them.\n\n", "Overview:\n\n", "As of this month:\n\n"))
    for number, row in enumerate(table):
        text += "| " if bars else ""
        places = []
        for cell in row:
            places.append(len(text))
            text += f"{cell} | "
        starts.append(places)
        text = (text.rstrip() if bars else text.removesuffix(" | ")) + "\n"
        if number == 0 and rule:
            text += "|" + " --- |" * len(row) + "\n"
    return text.rstrip("\n"), starts
