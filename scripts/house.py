#!/usr/bin/env python3
"""The house's rules that can be read from its sources: `scripts/house.py ROOT [RULE...]` names every breach and exits 1.

  arrows   which target may depend on which (docs/house.md), and that a file imports what its target declares
  words    no vendor in an identifier or string under Sources/: a vendor's word belongs in its plugin
  length   a file that outgrew one noun
  rest     unfinished work and merge marks in the text
  verbs    every `make VERB` that a document names is there
  schemas  every JSON Schema is JSON and describes its properties
  links    every relative link of a document leads somewhere, and docs/README.md lists every document

Tests/HouseTests runs it on the house, where it must find nothing, and on small houses that break one rule each.
"""
import json, os, re, subprocess, sys, tempfile

LINES = 400
# Programs and plugins in one C file, which is what they are there to show.
WHOLE = ("Tests/Providers/", "Tests/Campaign/")
# C that Swift cannot say, and documents as C: used by leaves and by what is above them.
SHIMS = {"CSystem", "CCurl", "CXML", "CZlib", "CLzma", "CZstd", "CLz4", "CCrypt", "COpenSSL", "CArchive", "Schemas"}
LEAVES = {"Documents", "Digest", "Files", "Schema", "HTTP", "XML", "OCI"}
PACKAGES = {"Yams"}
SYSTEM = {"Glibc", "FoundationEssentials", "Synchronization", "Swift", "Dispatch", "_Concurrency"}
# Vendors, where they stand alone as a word of an identifier or text, and where they are part of one.
WORDS = {"aws", "obs", "cos", "oss", "quay"}
PARTS = ["amazon", "huawei", "tencent", "aliyun", "alibaba", "dockerhub", "docker.io", "docker hub", "quay.io"]


def files(root, folders, endings):
    for folder in folders:
        for path, names, found in os.walk(os.path.join(root, folder)):
            names[:] = sorted(n for n in names if not n.startswith(".") and n != "__pycache__")
            for name in sorted(found):
                if name.endswith(endings):
                    yield os.path.relpath(os.path.join(path, name), root)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        return file.read()


# --- words ---------------------------------------------------------------------------------------------------------

STRING = re.compile(r'#*"""|#*"')


def tokens(text):
    """(line, word) of every identifier and every piece of a string literal in Swift or C; comments are left out."""
    line, position, size = 1, 0, len(text)
    # Strings that we are inside of: their closing mark, how many # an escape has, and the open brackets of an interpolation.
    open_strings = []
    while position < size:
        rest = text[position:position + 2]
        inside = open_strings and open_strings[-1][2] == 0
        if inside:
            close, hashes, _ = open_strings[-1]
            end = position
            while end < size and not text.startswith(close, end):
                if text.startswith("\\" + "#" * hashes, end):
                    after = end + 1 + hashes
                    if text.startswith("(", after):
                        break
                    end = after
                end += 1
            yield line, text[position:end]
            line += text.count("\n", position, end)
            if end < size and text.startswith(close, end):
                open_strings.pop()
                position = end + len(close)
            elif end < size:
                open_strings[-1][2] = 1
                position = end + 2 + hashes
            else:
                position = end
        elif rest == "//":
            position = text.find("\n", position) if "\n" in text[position:] else size
        elif rest == "/*":
            depth, end = 1, position + 2
            while end < size and depth:
                if text.startswith("/*", end):
                    depth, end = depth + 1, end + 2
                elif text.startswith("*/", end):
                    depth, end = depth - 1, end + 2
                else:
                    end += 1
            line += text.count("\n", position, end)
            position = end
        elif (start := STRING.match(text, position)):
            mark = start.group()
            hashes = mark.count("#")
            open_strings.append([mark[hashes:] + "#" * hashes, hashes, 0])
            position = start.end()
        elif (name := re.compile(r"[A-Za-z_]\w*").match(text, position)):
            yield line, name.group()
            position = name.end()
        else:
            character = text[position]
            if open_strings:
                open_strings[-1][2] += (character == "(") - (character == ")")
            line += character == "\n"
            position += 1


def vendor(text):
    """The vendor's word in an identifier or text, or None."""
    lowered = text.lower()
    for part in PARTS:
        if part in lowered or part.replace(" ", "") in lowered:
            return part
    # camelCase, snake_case and plain words: OBSClient, obsClient and obs_client all hold "obs", "observe" does not.
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text))
    for word in re.findall(r"[A-Za-z]+", spaced):
        if word.lower() in WORDS:
            return word.lower()
    return None


def check_words(root):
    for path in files(root, ["Sources"], (".swift", ".c", ".h", ".json", ".map", ".modulemap")):
        if (word := vendor(path)):
            yield f"{path}: the file's name holds the vendor's word {word}"
        for line, token in tokens(read(root, path)):
            if (word := vendor(token)):
                yield f"{path}:{line}: the vendor's word {word} in {token.strip()[:60]!r}; it belongs in that vendor's plugin"


# --- arrows --------------------------------------------------------------------------------------------------------

IMPORT = re.compile(r"^(?:@\w+(?:\(\w+\))?[ ]+)*(?:(?:public|package|internal|private|fileprivate)[ ]+)?import[ ]+"
                    r"(?:(?:struct|class|enum|protocol|func|var|let|typealias)[ ]+)?(\w+)", re.M)


def kind(target):
    name, path = target["name"], target.get("path") or f"Sources/{target['name']}"
    if target["type"] == "test" or path.startswith("Tests/"):
        return "test"
    if path.startswith("Sources/HostKit/"):
        return "hostkit"
    if path.startswith("Sources/ImageKit"):
        return "imagekit"
    if path.startswith("Plugins/"):
        return path.split("/")[2].lower() + "@" + path.split("/")[1]
    if name in SHIMS:
        return "shim"
    if name in LEAVES:
        return "leaf"
    return {"ProviderAPI": "api", "ProviderRuntime": "runtime", "Worker": "worker", "Host": "host",
            "ProviderKit": "kit", "ReaderRuntime": "readerruntime", "Reader": "reader",
            "BuilderRuntime": "readerruntime", "Builder": "reader"}.get(name, "unknown")


def allowed(one):
    """The kinds that a kind may depend on."""
    if "@" in one:
        part, plugin = one.split("@")
        return {"provider": {"kit", "leaf", "shim"}, "manifest": set(),
                "entry": {f"provider@{plugin}", f"manifest@{plugin}", "kit", "api"}}.get(part, set())
    return {
        "api": set(), "shim": set(), "leaf": {"leaf", "shim", "package"}, "runtime": {"api", "shim"},
        "worker": {"runtime"}, "reader": {"readerruntime"}, "readerruntime": {"imagekit", "runtime", "api", "leaf", "shim"},
        "kit": {"api", "leaf"}, "imagekit": {"leaf", "shim", "imagekit", "package"},
        "hostkit": {"hostkit", "imagekit", "runtime", "api", "leaf", "shim", "package"},
        "host": {"hostkit", "imagekit", "leaf", "shim", "package"},
    }.get(one, set())


def described(root):
    """The package as SwiftPM understands it, read without its lock, so that a build may run beside."""
    with tempfile.TemporaryDirectory() as scratch:
        text = subprocess.run(["swift", "package", "--package-path", root, "--scratch-path", scratch, "dump-package"],
                              check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return json.loads(text)


def check_arrows(root):
    if not os.path.exists(os.path.join(root, "Package.swift")):
        return
    targets = {target["name"]: target for target in described(root)["targets"]}
    kinds = {name: kind(target) for name, target in targets.items()}
    for name, target in targets.items():
        one = kinds[name]
        if one == "unknown":
            yield f"Package.swift: scripts/house.py does not know what {name} is: say it there and in docs/house.md"
        elif one != "test" and "@" not in one and os.path.exists(os.path.join(root, "docs", "house.md")):
            if not re.search(rf"\b{name}\b", read(root, "docs/house.md")):
                yield f"docs/house.md: the map does not show {name}"
        needs = [list(d.values())[0][0] for d in target["dependencies"]]
        for need in needs if one != "test" else []:
            other = kinds.get(need, "package")
            if other not in allowed(one):
                yield f"Package.swift: {name} ({one}) depends on {need} ({other}), against the arrows of docs/house.md"
        if one == "test":
            continue
        folder = target.get("path") or f"Sources/{name}"
        for path in files(root, [folder], (".swift",)):
            for found in IMPORT.finditer(read(root, path)):
                module = found.group(1)
                line = read(root, path).count("\n", 0, found.start(1)) + 1
                if module.startswith("Foundation") and one in {"runtime", "worker"}:
                    yield f"{path}:{line}: {name} imports {module}; the worker's side has no Foundation"
                elif module == "Foundation":
                    yield f"{path}:{line}: imports Foundation; FoundationEssentials is what is linked"
                elif module not in SYSTEM and module not in needs and module != name:
                    yield f"{path}:{line}: imports {module}, which {name} does not declare in Package.swift"


# --- the rest ------------------------------------------------------------------------------------------------------

def check_length(root):
    for path in files(root, ["Sources", "Plugins", "Tests", "Templates", "Benchmarks", "scripts"], (".swift", ".c", ".h", ".py")):
        count = read(root, path).count("\n")
        if count > LINES and not (path.startswith(WHOLE) and path.endswith(".c")):
            yield f"{path}: {count} lines, over {LINES}: split it by noun"


def check_rest(root):
    # Spelt so that this file does not hold them.
    pattern = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX)\b|^(?:<{7}|>{7}|={7})(?: |$)", re.M)
    for path in files(root, ["Sources", "Plugins", "Tests", "Templates", "Benchmarks", "scripts", "docs"],
                      (".swift", ".c", ".h", ".py", ".md", ".json", ".sh", ".cfg")):
        text = read(root, path)
        for found in pattern.finditer(text):
            yield f"{path}:{text.count(chr(10), 0, found.start()) + 1}: unfinished: {found.group().strip()}"


def documents(root):
    found = [name for name in sorted(os.listdir(root)) if name.endswith(".md")]
    return found + [p for p in files(root, ["docs", "Templates", "Tests", "Benchmarks"], (".md",))]


def check_verbs(root):
    makefile = os.path.join(root, "Makefile")
    verbs = set(re.findall(r"^([a-z]+):", read(root, "Makefile"), re.M)) if os.path.exists(makefile) else set()
    for path in documents(root):
        text = read(root, path)
        for found in re.finditer(r"(?:^ {4,}|`|^\$ )make ([a-z]+)", text, re.M):
            if found.group(1) not in verbs:
                yield f"{path}:{text.count(chr(10), 0, found.start(1)) + 1}: the Makefile has no verb {found.group(1)}"


def check_schemas(root):
    def described(node, where):
        if isinstance(node, dict):
            for name, value in (node.get("properties") or {}).items() if isinstance(node.get("properties"), dict) else []:
                if isinstance(value, dict) and not value.get("description"):
                    yield f"{where}/properties/{name}"
            for key, value in node.items():
                yield from described(value, f"{where}/{key}")
        elif isinstance(node, list):
            for number, value in enumerate(node):
                yield from described(value, f"{where}/{number}")

    for path in files(root, ["Sources", "Plugins"], (".json",)):
        try:
            schema = json.loads(read(root, path))
        except ValueError as error:
            yield f"{path}: not JSON: {error}"
            continue
        if path.endswith(".schema.json"):
            for where in described(schema, "#"):
                yield f"{path}: {where} has no description"


def check_links(root):
    for path in documents(root):
        text = re.sub(r"```.*?```", lambda m: "\n" * m.group().count("\n"), read(root, path), flags=re.S)
        for found in re.finditer(r"\]\(([^)\s#]+)(?:#[^)]*)?\)", text):
            target = found.group(1)
            if re.match(r"[a-z]+:", target):
                continue
            if not os.path.exists(os.path.join(root, os.path.dirname(path), target)):
                yield f"{path}:{text.count(chr(10), 0, found.start()) + 1}: {target} is not there"
    index = os.path.join(root, "docs", "README.md")
    if os.path.exists(index):
        listed = set(re.findall(r"\]\(([^)\s#]+)", read(root, "docs/README.md")))
        for path in files(root, ["docs"], (".md",)):
            if path != "docs/README.md" and os.path.relpath(path, "docs") not in listed:
                yield f"docs/README.md: does not list {path}"


RULES = {"arrows": check_arrows, "words": check_words, "length": check_length, "rest": check_rest, "verbs": check_verbs,
         "schemas": check_schemas, "links": check_links}


def main(arguments):
    if not arguments or any(name not in RULES for name in arguments[1:]):
        sys.exit(__doc__.strip())
    root = os.path.abspath(arguments[0])
    breaches = [breach for name in arguments[1:] or RULES for breach in RULES[name](root)]
    for breach in breaches:
        print(breach)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
