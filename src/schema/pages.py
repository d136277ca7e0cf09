"""Pages that are written once and rendered twice: as Markdown and as plain HTML.

A page is a title and a list of blocks; a block holds texts, and a text is a list of parts: str, Code, Link. Every heading may have an anchor.
"""
import html
import re
from dataclasses import dataclass


@dataclass
class Code:
    text: str


@dataclass
class Link:
    page: str  # without an ending; '' for this page
    anchor: str
    text: str


@dataclass
class Heading:
    level: int
    text: list
    anchor: str = ""


@dataclass
class Paragraph:
    text: list


@dataclass
class Items:
    texts: list


@dataclass
class Table:
    head: list
    rows: list  # of texts


@dataclass
class Page:
    name: str
    title: str
    blocks: list


# Markdown

def markdown_part(part):
    if isinstance(part, Code):
        return f"`{part.text}`"
    if isinstance(part, Link):
        place = (f"{part.page}.md" if part.page else "") + (f"#{part.anchor}" if part.anchor else "")
        return f"[{part.text}]({place})"
    return re.sub(r"([\\*_<>|`\[\]])", r"\\\1", part)


def markdown_text(text):
    return "".join(map(markdown_part, text))


def markdown_block(block):
    if isinstance(block, Heading):
        anchor = f'<a id="{block.anchor}"></a>\n\n' if block.anchor else ""
        return f"{anchor}{'#' * block.level} {markdown_text(block.text)}\n"
    if isinstance(block, Paragraph):
        return markdown_text(block.text) + "\n"
    if isinstance(block, Items):
        return "".join(f"- {markdown_text(text)}\n" for text in block.texts)
    lines = [block.head, ["---"] * len(block.head)] + [[markdown_text(cell) for cell in row] for row in block.rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def markdown(page):
    return "\n".join([f"# {page.title}\n", *map(markdown_block, page.blocks)])


# HTML

STYLE = """:root { color-scheme: light dark; --ink: #20262b; --paper: #fbfaf7; --line: #d9d5cc; --quiet: #5d6770; --link: #1d5a7a; }
@media (prefers-color-scheme: dark) { :root { --ink: #d8dde0; --paper: #14181b; --line: #2f363b; --quiet: #98a3ab; --link: #8cc0dc; } }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 60rem; font: 1rem/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1, h2, h3 { line-height: 1.25; font-weight: 600; }
h1 { font-size: 1.6rem; } h2 { margin-top: 2.5rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); font-size: 1.25rem; } h3 { font-size: 1.05rem; }
a { color: var(--link); text-underline-offset: .15em; } a:focus-visible { outline: 2px solid; outline-offset: 2px; }
code { font: .92em ui-monospace, monospace; }
table { border-collapse: collapse; width: 100%; font-size: .95rem; } th { text-align: start; color: var(--quiet); font-weight: 500; }
th, td { padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
"""


def html_part(part):
    if isinstance(part, Code):
        return f"<code>{html.escape(part.text)}</code>"
    if isinstance(part, Link):
        place = (f"{part.page}.html" if part.page else "") + (f"#{part.anchor}" if part.anchor else "")
        return f'<a href="{html.escape(place)}">{html.escape(part.text)}</a>'
    return html.escape(part, quote=False)


def html_text(text):
    return "".join(map(html_part, text))


def html_block(block):
    if isinstance(block, Heading):
        anchor = f' id="{html.escape(block.anchor)}"' if block.anchor else ""
        return f"<h{block.level}{anchor}>{html_text(block.text)}</h{block.level}>\n"
    if isinstance(block, Paragraph):
        return f"<p>{html_text(block.text)}</p>\n"
    if isinstance(block, Items):
        return "<ul>\n" + "".join(f"<li>{html_text(text)}</li>\n" for text in block.texts) + "</ul>\n"
    head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in block.head)
    rows = "".join(f"<tr>{''.join(map(html_cell, row))}</tr>\n" for row in block.rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"


def html_cell(text):
    arabic = ' lang="ar" dir="rtl"' if any(isinstance(part, str) and re.search("[\u0600-\u06ff]", part) for part in text) else ""
    return f"<td{arabic}>{html_text(text)}</td>"


def as_html(page):
    head = (f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{html.escape(page.title)}</title>\n<link rel=\"stylesheet\" href=\"reference.css\">\n</head>\n<body>\n<main>\n")
    return head + f"<h1>{html.escape(page.title)}</h1>\n" + "".join(map(html_block, page.blocks)) + "</main>\n</body>\n</html>\n"
