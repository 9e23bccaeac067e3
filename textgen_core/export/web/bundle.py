"""The page's sources as one ES module and one document with a strict content policy.

The sources are modules that import names of each other, each on a line of its own. In the
bundle each is a function of its own that returns what it exports: nothing is parsed, and what
the browser runs can be read.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from functools import cache
from importlib.resources import files

_MODULES = (
    *("arithmetic", "products", "ngrams", "model", "network", "vocabulary", "drawing"),
    *("sentences", "engine", "words", "reading", "bars", "page"),
)
_EXPORTED = {"engine": ("Engine",), "page": ("opened",)}  # of the bundle
_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(
    r"^export (?=(?:async )?(?:const|let|class|function)\b\*? ?(\w+))", re.MULTILINE
)
_NOTHING_ELSE = "img-src data:; base-uri 'none'; form-action 'none'"
_MARK = re.compile(r"\{\{(\w+)\}\}")


@cache
def source(name: str) -> bytes:
    """Return a file of the page."""
    return files("textgen_core.export.web").joinpath("page", name).read_bytes()


@cache
def module() -> str:
    """Return the ES module: ``Engine``, and what opens the page where it is one."""
    parts = [
        f"// {names}" for names in ("A page of textgen-bot: a model that writes, MIT licence.",)
    ]
    for name in _MODULES:
        text = source(f"{name}.js").decode()
        exported = _EXPORT.findall(text)
        body = _EXPORT.sub("", _IMPORT.sub(_named, text))
        returned = f"return {{ {', '.join(exported)} }};"
        parts.append(f"const {name}_js = (() => {{\n{body.rstrip()}\n{returned}\n}})();")
    for name, names in _EXPORTED.items():
        parts.append(f"export const {{ {', '.join(names)} }} = {name}_js;")
    return "\n\n".join(parts) + "\n"


def _named(match: re.Match[str]) -> str:
    return f"const {{{match[1]}}} = {match[2]}_js;\n"


def document(title: str) -> bytes:
    """Return the page of a folder, which loads its module and the model from beside it."""
    style = source("page.css").decode()
    policy = f"script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; style-src {_hash(style)}"
    script = '<script type="module" src="textgen.js"></script>'
    return _filled(title, style, policy, script)


def single_document(title: str, model: bytes) -> bytes:
    """Return a page that holds all in itself."""
    style, script = source("page.css").decode(), "\n" + module().replace("</script", "<\\/script")
    policy = f"script-src {_hash(script)} 'wasm-unsafe-eval'; style-src {_hash(style)}"
    data = "".join(
        f'<script type="application/octet-stream" id="{name}">'
        f"{base64.b64encode(held).decode()}</script>\n"
        for name, held in (("products", source("products.wasm")), ("model", model))
    )
    return _filled(title, style, policy, f'{data}<script type="module">{script}</script>')


def _filled(title: str, style: str, policy: str, scripts: str) -> bytes:
    parts = {
        "title": html.escape(title),
        "style": style,
        "policy": f"default-src 'none'; {policy}; {_NOTHING_ELSE}",
        "scripts": scripts,
    }
    return _MARK.sub(lambda match: parts[match[1]], source("index.html").decode()).encode()


def _hash(text: str) -> str:
    """Return a source as a content policy names it (CSP Level 3, section 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
