#!/usr/bin/env python3
"""browser_test.py MAKE_REPORTS: opens the pages that MAKE_REPORTS writes in headless Chromium and checks what a person
would see there: that curves hold the numbers of the run, that texts are texts, that nothing is too wide, that contrasts
suffice in both color schemes, that no request leaves the page, and that it prints. Exits with 77 where there is no
Chromium."""

import csv
import functools
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from html.parser import HTMLParser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PAGES = ["full", "awkward", "diverged"]
MEASURED = ["full", "awkward"]  # in both color schemes, as wide as a phone and a desk
WIDTHS = [400, 1400]
SCHEMES = ["light", "dark"]
FOLDER = None


def chromium(*arguments, page):
    """Runs it on a page; returns what it wrote to stdout, and to stderr."""
    with tempfile.TemporaryDirectory() as profile:
        command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
                   "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
                   "--host-resolver-rules=MAP * ~NOTFOUND",  # whatever Chromium itself wants to know
                   f"--user-data-dir={profile}", *arguments, "file://" + page]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60,
                              env=dict(os.environ, HOME=profile))
    return done.stdout, done.stderr


# What a page tells of itself to the page that has it in a frame. It runs only in a copy whose policy lets it.
PROBE = """
<script>
addEventListener("load", () => {
  const measure = () => {
    const channels = (color) => color.match(/[\\d.]+/g).map(Number);
    const luminance = ([r, g, b]) => {
      const f = (c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
      return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b);
    };
    const background = (e) => {
      for (; e; e = e.parentElement) {
        const c = channels(getComputedStyle(e).backgroundColor);
        if (c.length == 3 || c[3] == 1) return c;
        if (c[3] != 0) return [NaN, NaN, NaN];  // text on what shines through is not measured, so there must be none
      }
      return [255, 255, 255];
    };
    const paper = !document.querySelector("nav").offsetParent;  // it is not printed
    const low = [], wide = [], broken = [];
    let texts = 0;
    for (const e of document.querySelectorAll("body *")) {
      const own = [...e.childNodes].some((n) => n.nodeType == 3 && n.data.trim());
      if (!own || ["SCRIPT", "title", "desc"].includes(e.tagName)) continue;
      const style = getComputedStyle(e), svg = e.tagName == "text";
      const a = luminance(channels(svg ? style.fill : style.color)), b = luminance(background(e));
      const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      ++texts;
      const what = [e.tagName, e.className.baseVal ?? e.className, e.textContent.slice(0, 40)];
      if (!(contrast >= 4.5)) low.push([...what, contrast]);
      for (const n of svg ? [] : e.childNodes) {
        for (const word of n.nodeType == 3 ? n.data.matchAll(/(?<!\\S)[A-Za-z]{2,10}(?!\\S)/g) : []) {
          const range = document.createRange();
          range.setStart(n, word.index);
          range.setEnd(n, word.index + word[0].length);
          if (range.getClientRects().length > 1) broken.push([...what, word[0]]);
        }
      }
      const box = e.getBoundingClientRect();
      if (box.right > innerWidth + 1 && (paper || !e.closest(".scroll"))) wide.push([...what, box.right]);
      if (svg) {
        const around = e.ownerSVGElement.getBoundingClientRect();
        if (box.left < around.left - 1 || box.right > around.right + 1) wide.push([...what, box.left]);
      }
    }
    return {texts, low, wide, broken, width: document.documentElement.scrollWidth, inner: innerWidth,
            dark: matchMedia("(prefers-color-scheme: dark)").matches};
  };
  parent.postMessage(JSON.stringify(measure()), "*");
});
</script>
"""


class Dom(HTMLParser):
    """Elements of a dumped page: tag, attributes and the text directly in them."""

    VOID = {"meta", "link", "img", "br"}

    def __init__(self, text):
        super().__init__()
        self.elements, self._open = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        element = {"tag": tag, "text": "", "inside": [o["attributes"].get("id") for o in self._open],
                   "attributes": dict(attributes)}
        self.elements.append(element)
        if tag not in self.VOID:
            self._open.append(element)

    def handle_endtag(self, tag):
        while self._open and self._open.pop()["tag"] != tag:
            pass

    def handle_data(self, text):
        if self._open:
            self._open[-1]["text"] += text

    def of(self, tag, inside=None, **attributes):
        attributes = {name.rstrip("_"): value for name, value in attributes.items()}
        return [e for e in self.elements if e["tag"] == tag and (inside is None or inside in e["inside"])
                and all(e["attributes"].get(name) == value for name, value in attributes.items())]


def number(text):
    """A number of the CSV or of the page; None for what was not measured or is not finite."""
    text = text.strip().rstrip("%").replace("−", "-")
    return None if text in ("", "–", "inf", "-inf", "nan") else float(text)


def requests_in(log):
    """The addresses that a page, and not Chromium itself, has asked for."""
    found = []
    with open(log, encoding="utf-8") as file:
        for line in file:
            if '"initiator"' not in line or '"url"' not in line:
                continue
            parameters = json.loads(line.rstrip().rstrip(","))["params"]
            if parameters["initiator"] != "not an origin":
                found.append(parameters["url"])
    return found


class Page:
    def __init__(self, name):
        self.path = os.path.join(FOLDER, name + ".html")
        log = os.path.join(FOLDER, name + ".net.json")
        dumped, self.said = chromium("--dump-dom", "--enable-logging=stderr", "--v=0", f"--log-net-log={log}",
                                     page=self.path)
        self.dom = Dom(dumped)
        self.requests = requests_in(log)
        with open(os.path.join(FOLDER, name + ".csv"), encoding="utf-8", newline="") as file:
            self.rows = list(csv.DictReader(file))

    @functools.cached_property
    def printed(self):
        """The file of the page as it is printed."""
        pdf = self.path.replace(".html", ".pdf")
        chromium(f"--print-to-pdf={pdf}", "--no-pdf-header-footer", page=self.path)
        return pdf

    def last_words(self):
        """The words in the last row of each table that is printed: a long table of epochs stays closed."""
        with open(self.path, encoding="utf-8") as file:
            text = file.read()
        cells = []
        for table in re.findall(r"<table.*?</table>", re.sub(r'<details class="epochs">.*?</details>', "", text)):
            row = re.findall(r"<tr.*?</tr>", table)[-1]
            # Lines break between words and within long ones; a small number stands below another.
            cells += [word[:12] for word in html.unescape(re.sub(r"<[^>]*>", " ", row)).split()]
        return cells

    def column(self, name):
        return [number(row[name]) for row in self.rows]

    def scale(self, chart):
        """A function from heights in the chart to values, by the labels of its axis."""
        ticks = [(float(e["attributes"]["y"]), number(e["text"])) for e in self.dom.of("text", chart, class_="y")]
        logarithmic = any(e["text"] == "log scale" for e in self.dom.of("text", chart))
        (y0, v0), (y1, v1) = ticks[0], ticks[-1]

        def value(y):
            share = (y - y0) / (y1 - y0)
            return v0 * (v1 / v0) ** share if logarithmic else v0 + share * (v1 - v0)
        return value

    def curve(self, chart, style):
        """The values that one reads off a curve and its dots, from left to right."""
        value, points = self.scale(chart), []
        for path in self.dom.of("path", chart, class_="curve " + style):
            points += [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path["attributes"]["d"])]
        return [value(y) for _, y in sorted(points)]


def rewritten(page, ending, change):
    with open(page, encoding="utf-8") as file:
        text = file.read()
    path = page.replace(".html", ending)
    with open(path, "w", encoding="utf-8") as file:
        file.write(change(text))
    return path


# Frames, since Chromium's windows are at least 500 pixels wide. They have the scheme of the element that holds them.
FRAMES = """<!DOCTYPE html><html><body><pre id="found"></pre><script>
const found = {};
addEventListener("message", (m) => {
  const frame = [...document.querySelectorAll("iframe")].find((f) => f.contentWindow == m.source);
  found[frame.id] = JSON.parse(m.data);
  document.getElementById("found").textContent = JSON.stringify(found);
});
</script>%s</body></html>"""


def without_policy(text):
    return re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)


def probed():
    """What PROBE finds on each of MEASURED at each of WIDTHS, and as on paper between its margins, in both color
    schemes: by "page width scheme"."""
    frames = ""
    for name in MEASURED:
        for width in [*WIDTHS, "paper"]:
            def change(text, width=width):
                text = without_policy(text).replace("</body>", PROBE + "</body>")
                if width == min(WIDTHS):  # with the widest numbers that there may be
                    text = re.sub(r">\d\d\.\d%<", ">100.0%<", text)
                # On paper nothing scrolls: what is wider than the paper is cut off.
                return text.replace("@media print", "@media all") if width == "paper" else text
            copy = rewritten(os.path.join(FOLDER, name + ".html"), f".{width}.html", change)
            pixels = 688 if width == "paper" else width  # 182 mm
            for scheme in SCHEMES:
                frames += (f'<iframe id="{name} {width} {scheme}" style="color-scheme: {scheme}" width="{pixels}" '
                           f'height="900" frameborder="0" src="file://{copy}"></iframe>')
    outer = os.path.join(FOLDER, "frames.html")
    with open(outer, "w", encoding="utf-8") as file:
        file.write(FRAMES % frames)
    dumped, _ = chromium("--dump-dom", "--window-size=1600,900", "--virtual-time-budget=10000", page=outer)
    return json.loads(Dom(dumped).of("pre", id="found")[0]["text"])


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pages = {name: Page(name) for name in PAGES}

    def expect_curve(self, page, chart, style, column, share=False):
        expected = [v for v in self.pages[page].column(column) if v is not None]
        found = self.pages[page].curve(chart, style)
        self.assertEqual(len(found), len(expected), (page, chart, style))
        for a, b in zip(found, expected):
            # Coordinates have two decimals, of a plot 232 high.
            b = 100 * b if share else b
            tolerance = 0.002 * abs(b) if page == "diverged" else 0.0002 * max(1, 100 * share)
            self.assertLess(abs(a - b), tolerance, (chart, style))

    def test_curves_hold_the_values_of_the_csv(self):
        for style, column in [("train", "train_eval_loss"), ("validation", "validation_loss"),
                              ("learning", "train_loss")]:
            self.expect_curve("full", "chart-loss", style, column)
            self.expect_curve("diverged", "chart-loss", style, column)
        for style, column in [("train", "train_eval_accuracy"), ("validation", "validation_accuracy"),
                              ("learning", "train_accuracy")]:
            self.expect_curve("full", "chart-accuracy", style, column, share=True)
        self.expect_curve("full", "chart-lr", "rate", "lr")

    def test_hovering_shows_the_values_of_the_csv(self):
        page = self.pages["full"]
        titles = [e["text"] for e in page.dom.of("title", "chart-loss") if e["text"].startswith("Epoch ")]
        self.assertEqual(len(titles), 100)
        for title, row in zip(titles, page.rows):
            lines = dict(line.split(": ") for line in title.split("\n")[1:])
            self.assertEqual(lines["Training"], f"{float(row['train_eval_loss']):.4g}")
            self.assertEqual(lines["Validation"], f"{float(row['validation_loss']):.4g}")
        accuracy = page.dom.of("title", "chart-accuracy")[50]["text"]
        self.assertIn(f"Validation: {100 * float(page.rows[49]['validation_accuracy']):.2f}%", accuracy)

    def test_names_are_text(self):
        dom = self.pages["awkward"].dom
        self.assertEqual(dom.of("script"), [])
        names = {e["text"] for e in dom.of("th", "classes", scope="row")}
        for name in ["<b>bold</b> & \"quoted\" 'too'", "<script>document.title = 'changed'</script>",
                     "Größe 猫 \ufffd", "(class 4, no name)"]:
            self.assertIn(name, names)
        self.assertEqual(dom.of("title")[0]["text"], "Clothes & <more>")

    def test_the_console_stays_empty(self):
        for name, page in self.pages.items():
            console = [line for line in page.said.splitlines() if "CONSOLE" in line]
            self.assertEqual(console, [], name)

    def test_no_request_leaves_the_page(self):
        for name, page in self.pages.items():
            self.assertEqual([url for url in page.requests if not url.startswith(("file:", "data:"))], [], name)

    def test_the_policy_keeps_requests_in(self):
        picture = '<img src="http://outside.invalid/x.png">'
        for change, expected in [(lambda text: text, []), (without_policy, ["http://outside.invalid/x.png"])]:
            copy = rewritten(os.path.join(FOLDER, "regression.html"), ".request.html",
                             lambda text, change=change: change(text).replace("</body>", picture + "</body>"))
            log = copy + ".json"
            chromium("--dump-dom", f"--log-net-log={log}", page=copy)
            self.assertEqual([url for url in requests_in(log) if url.startswith("http")], expected)

    def test_fits_phones_desks_and_paper_with_contrast_in_both_schemes(self):
        found = probed()
        self.assertEqual(len(found), len(MEASURED) * (len(WIDTHS) + 1) * len(SCHEMES))
        for where, page in found.items():
            self.assertEqual(page["dark"], where.endswith("dark"), where)
            self.assertEqual(page["width"], page["inner"], where)
            self.assertEqual(page["wide"], [], where)
            self.assertEqual(page["broken"], [], where)
            self.assertGreater(page["texts"], 300, where)
            self.assertEqual(page["low"], [], where)

    def test_prints_on_a4(self):
        with open(self.pages["full"].printed, "rb") as file:
            content = file.read()
        self.assertGreater(len(re.findall(rb"/Type\s*/Page\b", content)), 2)
        for box in re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", content):
            self.assertEqual([round(float(side)) for side in box], [595, 842])

    @unittest.skipIf(shutil.which("pdftotext") is None, "there is no pdftotext (Debian: poppler-utils)")
    def test_paper_has_every_section_and_the_last_row_of_each_table(self):
        for name in PAGES:
            page = self.pages[name]
            text = subprocess.run(["pdftotext", "-layout", page.printed, "-"], capture_output=True, text=True,
                                  check=True).stdout
            flat = re.sub(r"\s+", "", text)
            for heading in page.dom.of("h2"):
                self.assertTrue(re.sub(r"\s+", "", heading["text"]) in flat, (name, heading["text"]))
            for word in page.last_words():
                self.assertTrue(word in flat, (name, word))


if __name__ == "__main__":
    if CHROMIUM is None:
        print("skipped: there is no chromium (Debian: chromium)")
        sys.exit(77)
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as FOLDER:
        subprocess.run([sys.argv.pop(1), FOLDER], check=True)
        unittest.main()
