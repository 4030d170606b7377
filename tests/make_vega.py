"""Make the drawing library that pages are shipped with: `python tests/make_vega.py [NODE_MODULES]`.

`runner/report/page/vega/vega.js` is the bundle of Vega, Vega-Lite and vega-embed that vl-convert
holds, as a script that can be loaded from disk, where modules cannot. With the folder that
`npm install vega vega-lite vega-embed` has made, of the versions that the bundle names, their
licences are collected too.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import vl_convert

VEGA = Path(__file__).parent.parent / "runner" / "report" / "page" / "vega"
LICENSE_FILES = ("LICENSE", "LICENSE.md", "LICENSE.txt", "LICENSE-MIT", "UNLICENSE")
# what the three depend on for their command lines alone is not in the bundle
# fmt: off
NOT_BUNDLED = (
    "@types/", "ansi-", "cliui", "commander", "emoji-regex", "escalade", "get-", "iconv-lite",
    "rw", "safer-buffer", "string-width", "strip-ansi", "wrap-ansi", "y18n", "yargs",
)
# fmt: on


def bundle() -> str:
    """The bundle as a classic script that leaves three names."""
    versions = (
        f"Vega {vl_convert.get_vega_version()}, "
        f"Vega-Lite {vl_convert.get_vegalite_versions()[-1]}, "
        f"vega-embed {vl_convert.get_vega_embed_version()}; licences in LICENSES.txt"
    )
    # the stub lacks that the snippet may be left out
    code = str(vl_convert.javascript_bundle()).strip()  # type: ignore[call-arg]
    # the page itself may hold the script, and must not be ended by it
    code = code.replace("</script", "<\\/script").replace("<!--", "<\\!--")
    return f"/* {versions} */\n(() => {{\n{code}\n}})();\n"


def licences(modules: Path) -> str:
    """The packages in the bundle by the text of their licence, which many share."""
    found: dict[str, list[str]] = {}
    for manifest in sorted({*modules.glob("*/package.json"), *modules.glob("@*/*/package.json")}):
        package = json.loads(manifest.read_text(encoding="utf-8"))
        if package["name"].startswith(NOT_BUNDLED):
            continue
        texts = (manifest.with_name(name) for name in LICENSE_FILES)
        text = next(path.read_text(encoding="utf-8") for path in texts if path.exists())
        name = f"{package['name']} {package['version']} ({package['license']})"
        found.setdefault(text.strip(), []).append(name)
    parts = ["\n".join(names) + f"\n\n{text}\n" for text, names in found.items()]
    return ("\n" + "-" * 80 + "\n\n").join(parts)


def main() -> None:
    """Write the script, and the licences if their folder is given."""
    (VEGA / "vega.js").write_text(bundle(), encoding="utf-8")
    if len(sys.argv) > 1:
        (VEGA / "LICENSES.txt").write_text(licences(Path(sys.argv[1])), encoding="utf-8")


if __name__ == "__main__":
    main()
