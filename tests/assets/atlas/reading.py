"""What a browser, a screen reader and a strict policy make of a page, without one."""

import base64
import hashlib
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

VOID = {"meta", "wbr", "br", "link", "img", "input"}
LOADING = {"link", "iframe", "object", "embed", "image", "audio", "video", "base"}


@dataclass
class Element:
    tag: str
    its: dict[str, str]
    texts: list[str] = field(default_factory=list)
    parents: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return "".join(self.texts)


class Seen(HTMLParser):
    """Every element with its attributes and what stands in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.unclosed: list[Element] = []
        self.wrong: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        self.wrong += [f"{tag}: {name} twice" for name in names if names.count(name) > 1]
        one = Element(
            tag, {name: text or "" for name, text in attrs},
            parents=tuple(each.tag for each in self.unclosed),
        )  # fmt: skip
        self.elements.append(one)
        if tag not in VOID:
            self.unclosed.append(one)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if self.unclosed and self.unclosed[-1] is self.elements[-1]:
            self.unclosed.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.unclosed or self.unclosed[-1].tag != tag:
            self.wrong.append(f"</{tag}> ends {self.unclosed[-1].tag if self.unclosed else '-'}")
            return
        self.unclosed.pop()

    def handle_data(self, data: str) -> None:
        for each in self.unclosed:
            each.texts.append(data)

    def all(self, *tags: str) -> list[Element]:
        return [one for one in self.elements if one.tag in tags]

    @property
    def ids(self) -> list[str]:
        return [one.its["id"] for one in self.elements if "id" in one.its]

    def text(self) -> str:
        """What is read without a script."""
        return next(one.text for one in self.elements if one.tag == "body")


def faults(name: str, html: str, files: dict[str, str]) -> list[str]:
    """Everything that is wrong with a page of a site of these files."""
    seen = Seen(html)
    wrong = [*seen.wrong, *(f"{one.tag} is not closed" for one in seen.unclosed)]
    wrong += [f"id {one} twice" for one in set(seen.ids) if seen.ids.count(one) > 1]
    wrong += [f"<{one.tag}> loads" for one in seen.all(*LOADING)]
    wrong += [f"{one.tag} has a style of its own" for one in seen.elements if "style" in one.its]
    wrong += [
        f"{one.tag} has {each}" for one in seen.elements for each in one.its if each[:2] == "on"
    ]
    wrong += [f"loads {one}" for one in re.findall(r"(?:src|xlink:href)=.https?:[^'\"]*", html)]
    wrong += [f"loads {one}" for one in re.findall(r"url\((?!#)[^)]*\)|@import", html)]
    if "http://" in html or "https://" in html:
        wrong.append("names another site")
    for link in (one.its["href"] for one in seen.all("a", "use") if "href" in one.its):
        file, _, anchor = link.partition("#")
        target = files.get(file) if file else html
        if target is None or (anchor and anchor not in Seen(target).ids):
            wrong.append(f"{link} leads nowhere")
    for one in seen.all("svg"):
        is_hidden = one.its.get("aria-hidden") == "true"
        named = one.its.get("aria-label") or one.its.get("aria-labelledby")
        if not is_hidden and (one.its.get("role") != "img" or not named):
            wrong.append("an svg has no name")
    for one in seen.elements:
        for kind in ("aria-labelledby", "aria-describedby"):
            wrong += [
                f"{kind} names {each}"
                for each in one.its.get(kind, "").split()
                if each not in seen.ids
            ]
    headings = [int(one.tag[1]) for one in seen.all("h1", "h2", "h3", "h4")]
    if headings[:1] != [1] or headings.count(1) != 1:
        wrong.append("it does not begin with its one h1")
    wrong += [
        f"h{low} is followed by h{high}" for low, high in pairwise(headings) if high - low > 1
    ]
    wrong += ["a th has no scope" for one in seen.all("th") if not one.its.get("scope")]
    wrong += ["a table has no caption" for one in seen.all("table")
              if "<caption>" not in html]  # fmt: skip
    wrong += [f"there is no {tag}" for tag in ("main", "nav", "header", "footer", "title")
              if not seen.all(tag)]  # fmt: skip
    if seen.all("html")[0].its.get("lang") != "it":
        wrong.append("it is not said to be Italian")
    return [f"{name}: {each}" for each in [*wrong, *_policy(seen)]]


def _policy(seen: Seen) -> list[str]:
    """Whether the policy lets in the page's own style and script, and nothing else."""
    metas = [one.its for one in seen.all("meta") if "http-equiv" in one.its]
    if len(metas) != 1:
        return ["it has no policy"]
    policy = metas[0]["content"]
    wrong = [] if policy.startswith("default-src 'none';") else ["its policy lets things in"]
    if "unsafe" in policy or "*" in policy:
        wrong.append("its policy lets anything in")
    for one in seen.all("style", "script"):
        if one.its.get("type") == "application/json":
            continue
        digest = base64.b64encode(hashlib.sha256(one.text.encode()).digest()).decode()
        if f"'sha256-{digest}'" not in policy:
            wrong.append(f"its policy forbids its own {one.tag}")
    return wrong
