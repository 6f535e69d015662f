"""``python -m tests.benchmarks.page``: how long a reader of the web chat waits, in a real browser on a real server.

Ends with 1 if a bar is missed.
"""

import json
import math
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from corpus import read_builtin
from index import Index
from tests.benchmarks.bars import Bar, judged
from tests.browser.stage import IN_VIEW

GOLD = Path(__file__).parents[1] / "gold" / "the-last-holdout.jsonl"
QUESTIONS = 20
SERVE = "from ui.cli import main; main()"
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]
# From the click on a citation (the first argument) until the sentence that it names is marked and in view, in ms.
OPENED = f"""async chip => {{
    const inView = {IN_VIEW};
    const names = ["doc", "start", "end", "answerStart", "answerEnd"];
    const place = node => names.map(name => node?.dataset[name]).join();
    const begun = performance.now();
    chip.click();
    const shown = () => place(document.querySelector("#source .panel")) === place(chip) && inView("#source mark");
    while (!shown()) await new Promise(requestAnimationFrame);
    return performance.now() - begun;
}}"""
ANSWERED = "n => document.querySelectorAll('.turn').length === n && !document.querySelector('.waiting')"


def main() -> None:
    browser_path = shutil.which("chromium")
    if browser_path is None:
        sys.exit("No chromium on the PATH; get one: apt-get install chromium")
    rows = [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]
    asked = [row["question"] for row in rows if row["answerable"] and not row.get("turns")]
    asked = asked[:: max(1, len(asked) // QUESTIONS)][:QUESTIONS]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        Index.build(read_builtin(), folder)
        browser = playwright.chromium.launch(executable_path=browser_path, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        begun = time.perf_counter()
        command = [sys.executable, "-c", SERVE, "serve", "--port", "0", "--index", folder]
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        try:
            url = listening(server)
            print(f"server: from the command to its address {time.perf_counter() - begun:.1f} s")
            bars = measure(page, url, asked)
            browser.close()
        finally:
            server.terminate()
            server.wait()
    sys.exit(judged(*bars))


def listening(server: "subprocess.Popen[str]") -> str:
    """The address that the server says it listens at."""
    for line in server.stderr or ():
        if found := re.search(r"http://[\d.]+:\d+", line):
            return found.group()
    sys.exit("the server did not start")


def measure(page: Page, url: str, asked: list[str]) -> list[Bar]:
    """The first page that the server ever made, then questions and citations one after another."""
    begun = time.perf_counter()
    page.goto(url)
    page.wait_for_selector("#source .panel .text")
    page.wait_for_selector("#question textarea")
    ready = time.perf_counter() - begun
    print(f"first page, until the source and the question box are there: {ready:.2f} s")
    answers, open_ones, other_ones = [], [], []
    for number, question in enumerate(asked, start=1):
        page.locator("#question textarea").fill(question)
        begun = time.perf_counter()
        page.keyboard.press("Enter")
        page.wait_for_function(ANSWERED, arg=number)
        answers.append(time.perf_counter() - begun)
        # The first citation is open when an answer comes; it may have been scrolled away.
        for chip in page.query_selector_all(".turn:last-child .chip")[:1]:
            page.locator("#source .text").evaluate("node => node.scrollTo(0, node.scrollHeight)")
            open_ones.append(chip.evaluate(OPENED) / 1000)
    for turn in page.query_selector_all(".turn")[:-1]:
        for chip in turn.query_selector_all(".chip")[:1]:
            other_ones.append(chip.evaluate(OPENED) / 1000)
    waits = {
        "Enter to the answer": answers,
        "citation whose source is open, to its sentence in view": open_ones,
        "citation of another place, to its sentence in view": other_ones,
    }
    for name, seconds in waits.items():
        told = f"median {statistics.median(seconds):.2f} s, slowest {max(seconds):.2f} s" if seconds else "none"
        print(f"{name}, {len(seconds)} times: {told}")
    return [
        Bar("page ready after the server listens, s", ready, below=3.0),
        Bar("Enter to the answer, slowest, s", max(answers, default=math.nan), below=1.0),
        Bar("citation to its sentence in view, slowest, s", max(open_ones + other_ones, default=math.nan), below=0.5),
    ]


if __name__ == "__main__":
    main()
