"""PDF files made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def pdf(
    pages: Sequence[Sequence[str]],
    *,
    size: int = 12,
    heading: int = 12,
    heads: int = 1,
    font: str = "Helvetica",
    properties: Mapping[str, str] | None = None,
    catalog: str = "",
) -> bytes:
    """A PDF with these lines on its pages, the first ``heads`` lines of the first page in ``heading`` points of this ``font``."""
    objects = ["", ""]  # catalog and list of pages, which name the others
    kids = []
    for number, lines in enumerate(pages):
        sizes = [(2, heading) if number == 0 and row < heads else (1, size) for row in range(len(lines))]
        shown = "".join(
            f"/F{n} {points} Tf ({_escaped(line)}) Tj 0 -{points + 4} Td " for line, (n, points) in zip(lines, sizes, strict=True)
        )
        stream = f"BT 72 720 Td {shown}ET"
        objects.append(f"<</Length {len(stream)}>>stream\n{stream}\nendstream")
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents {len(objects)} 0 R"
            "/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
            f"/F2<</Type/Font/Subtype/Type1/BaseFont/{font}/Encoding/WinAnsiEncoding>>>>>>>>"
        )
        kids.append(len(objects))
    objects[0] = f"<</Type/Catalog/Pages 2 0 R{catalog}>>"
    objects[1] = f"<</Type/Pages/Kids[{' '.join(f'{kid} 0 R' for kid in kids)}]/Count {len(kids)}>>"
    trailer = "/Root 1 0 R"
    if properties:
        objects.append("<<" + "".join(f"/{name} ({_escaped(value)})" for name, value in properties.items()) + ">>")
        trailer += f"/Info {len(objects)} 0 R"
    return _pdf_file(objects, trailer)


def scanned_pdf(lines: Sequence[str] = (), mode: int = 3, properties: str = "") -> bytes:
    """A page that is a picture, with ``lines`` of text on it in a rendering mode of PDF, of which 3 is invisible."""
    picture = "q 612 0 0 792 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 /F /AHx ID 80> EI Q"
    picture += f" BT /F1 12 Tf {mode} Tr 72 720 Td " + "".join(f"({_escaped(line)}) Tj 0 -16 Td " for line in lines) + "ET"
    font = "<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>>>>>"
    page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources{font}>>"
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        page,
        f"<</Length {len(picture)}>>stream\n{picture}\nendstream",
        f"<</CreationDate (D:20240426){properties}>>",
    ]
    return _pdf_file(objects, "/Root 1 0 R/Info 5 0 R")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _pdf_file(objects: Sequence[str], trailer: str) -> bytes:
    content = b"%PDF-1.5\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(content))
        content += f"{number} 0 obj\n{body}\nendobj\n".encode("cp1252")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer<</Size "
        f"{len(objects) + 1}{trailer}>>\nstartxref\n{len(content)}\n%%EOF"
    )
    return content + end.encode()
