"""Results as a table on the terminal, as Markdown and as JSON."""

import json
import os
import time


def number(value, digits):
    return "-" if value is None else "{:,.{}f}".format(value, digits)


def cells(row):
    """One row of the table, as text."""
    if row.get("skipped"):
        return [row["step"], "skipped: " + row["skipped"], "", "", "", ""]
    return [row["step"], number(row["wall"], 2), number(row["cpu"], 2),
            number(row["rss_mb"], 0), number(row.get("rate"), 0),
            str(len(row["samples"]))]


HEAD = ["step", "wall s", "CPU s", "peak MiB", "packages/s", "rounds"]


def table(rows):
    """Aligned columns; it is also valid Markdown."""
    lines = [HEAD] + [cells(row) for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]

    def join(line):
        first = line[0].ljust(widths[0])
        rest = [text.rjust(width) for text, width in zip(line[1:], widths[1:])]
        return "| " + " | ".join([first] + rest) + " |"

    rule = "|" + "|".join(["-" * (widths[0] + 2)] + [
        "-" * (width + 1) + ":" for width in widths[1:]]) + "|"
    return "\n".join([join(lines[0]), rule] + [join(line) for line in lines[1:]])


def ratios(rows):
    """debpress beside the peers of the same run, in CPU and wall time."""
    found = {row["step"]: row for row in rows if row["samples"]}
    pairs = (
        ("debpress add, all packages", "reprepro import, all packages"),
        ("debpress add, all packages", "floor: sha256sum of all packages"),
        ("debpress publish, first (gz)", "reprepro export"),
        ("debpress publish, first (gz)", "apt-ftparchive packages + gzip, no cache"),
        ("debpress publish, first (gz)", "floor: gzip -9 of Packages"),
        ("debpress publish, first (gz+xz)", "floor: xz -6 of Packages"),
        ("debpress publish, one package (gz)", "reprepro import and export, one package"),
    )
    lines = []
    for ours, theirs in pairs:
        if ours in found and theirs in found:
            ratio = [found[ours][key] / max(found[theirs][key], 0.001)
                     for key in ("cpu", "wall")]
            lines.append("- %s / %s: CPU %.2f, wall %.2f" % (ours, theirs, *ratio))
    return "\n".join(lines)


def document(machine, rows):
    """The whole report as Markdown."""
    parts = ["# debpress benchmark", "\n".join(
        "- %s: %s" % (key, value or "not installed") for key, value in machine.items())]
    for size in dict.fromkeys(row["size"] for row in rows):
        chosen = [row for row in rows if row["size"] == size]
        parts += ["## {:,} packages".format(size), table(chosen), ratios(chosen)]
    loads = [sample["load"] for row in rows for sample in row["samples"]]
    if loads:
        parts.append("Load average when a step began: %.1f to %.1f." % (
            min(loads), max(loads)))
    return "\n\n".join(part for part in parts if part) + "\n"


def write(work, machine, rows):
    """Writes results-TIME.json and .md below `work`; returns the Markdown."""
    text = document(machine, rows)
    stem = os.path.join(work, time.strftime("results-%Y%m%dT%H%M%SZ", time.gmtime()))
    with open(stem + ".md", "w", encoding="utf-8") as handle:
        handle.write(text)
    with open(stem + ".json", "w", encoding="utf-8") as handle:
        json.dump({"machine": machine, "rows": rows}, handle, indent=1)
        handle.write("\n")
    return text, stem
