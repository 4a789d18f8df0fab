"""Draws the rows of a sample again, written from docs/FORMAT.md section 18.2 alone. Reads a JSON array of draws on
stdin, each with population (hex), size, root, words, rows and n; prints a JSON array of the rows that are drawn."""
import hashlib
import json
import sys
import unicodedata

drawn = []
for draw in json.load(sys.stdin):
    words = " ".join(unicodedata.normalize("NFC", draw["words"]).split())
    lines = ["custody/sample/v1", draw["population"], str(draw["size"]), draw["root"], words]
    seed = hashlib.sha256("".join(line + "\n" for line in lines).encode()).digest()
    rows = sorted(draw["rows"], key=lambda row: hashlib.sha256(seed + row.encode()).digest())
    drawn.append(rows[: draw["n"]])
print(json.dumps(drawn))
