#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The rules of the house that no common tool knows.

rules.py layers      which file may include which
rules.py systems     no conditional on a system or a compiler outside the backends
rules.py sizes       functions of at most 70 lines, files of at most 600
rules.py licenses    the license line first

Prints what is wrong, or one line of figures. Run from the root of the project.
"""
import ast
import re
import sys
from pathlib import Path

LONGEST_FUNCTION = 70
LONGEST_FILE = 600

# A file of the core includes headers of its own group and of those above it in this list.
CORE_GROUPS = (
    r"list|alarm|error|environment|status|frame|json|serial|envelope",
    r"loop|timer|cancel",
    r"stream(_\w+)?|capture|file",
    r"channel(_\w+)?",
    r"options(_\w+)?|child|ending|spawn",
    r"exec|blocking|fork",
)

# What the core and the public headers need of C; errno, signals, time and threads belong to the backends.
C_HEADERS = {f"{name}.h" for name in
             "inttypes limits stdarg stdbool stddef stdint stdio stdlib string".split()}

SYSTEM_NAME = re.compile(r"^\s*#\s*(?:el)?if.*?\b(_WIN\w*|WIN32|__MINGW\w*|__CYGWIN__|_MSC_VER|__linux\w*|__APPLE__|__MACH__|"
                         r"__unix\w*|__\w+BSD\w*__|__GLIBC__|__ANDROID__|_POSIX\w*|__sun|__GNUC__|__clang__)\b")
COMMON = ("include", "src/core", "tests/contract", "tests/core", "tests/unit", "tests/fake", "examples")
# The native handle's type, and the spelling of an exported symbol.
SYSTEM_NAMES_ALLOWED = {"include/kin/loop.h": 1, "include/kin/export.h": 1}


def files(*folders, suffixes=(".c", ".h")):
    return sorted(path for folder in folders for path in Path(folder).rglob("*") if path.suffix in suffixes)


def lines_of(path):
    return path.read_text(encoding="utf-8").splitlines()


def includes_of(path):
    for number, line in enumerate(lines_of(path), 1):
        match = re.match(r'\s*#\s*include\s+([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match[1] == '"', match[2]


def target_of(path, name):
    """The file that a quoted name means, relative to the root: beside the file, or under src/."""
    beside = (path.parent / name).resolve()
    found = beside if beside.exists() else (Path("src") / name).resolve()
    root = Path.cwd()
    return found.relative_to(root) if found.is_relative_to(root) else found


def core_group(path):
    for number, pattern in enumerate(CORE_GROUPS):
        if re.fullmatch(pattern, path.stem):
            return number
    return None


def core_include_error(path, quoted, name):
    if not quoted:
        known = name in C_HEADERS or name.startswith("kin/")
        return None if known else f"<{name}> is not a header that common code may use"
    target = target_of(path, name)
    if target == Path("src/platform.h"):
        return None
    if target.parent != Path("src/core"):
        return f'"{name}" is not of the core'
    if core_group(target) is None or core_group(target) > core_group(path):
        return f'"{name}" is above it in the order of layers'
    return None


def public_include_error(path, quoted, name):
    if name.startswith("kin/") or (not quoted and name in C_HEADERS):
        return None
    return f"{name} is not a header that a public header may use"


def backend_include_error(path, quoted, name):
    if not quoted:
        return None
    own = Path(*path.parts[:2])
    target = target_of(path, name)
    if target == Path("src/platform.h") or own in target.parents:
        return None
    return f'"{name}" is outside {own} and not the platform door'


def layers():
    errors = [f"{path}: has no place in the order of layers" for path in files("src/core") if core_group(path) is None]
    count = 0
    for folder, rule in (("include", public_include_error), ("src/core", core_include_error),
                         ("src/posix", backend_include_error), ("src/win32", backend_include_error)):
        for path in files(folder):
            if folder == "src/core" and core_group(path) is None:
                continue
            for number, quoted, name in includes_of(path):
                count += 1
                error = rule(path, quoted, name)
                if error:
                    errors.append(f"{path}:{number}: {error}")
    return errors, f"{count} includes"


def systems():
    errors = []
    for path in [*files(*COMMON), Path("src/platform.h")]:
        found = [(number, line) for number, line in enumerate(lines_of(path), 1) if SYSTEM_NAME.match(line)]
        if len(found) > SYSTEM_NAMES_ALLOWED.get(str(path), 0):
            errors += [f"{path}:{number}: {line.strip()}" for number, line in found]
    return errors, f"{len(SYSTEM_NAMES_ALLOWED)} places know a system: {', '.join(SYSTEM_NAMES_ALLOWED)}"


def braced_functions(path, begin):
    """(line, length) of what begins with a line that matches `begin` and ends with a brace in the first column."""
    start = None
    for number, line in enumerate(lines_of(path), 1):
        if start is None and re.match(begin, line):
            start = number
        elif start is not None and line.startswith("}"):
            yield start, number - start + 1
            start = None


def functions_of(path):
    if path.suffix in (".c", ".h", ".cc"):
        return list(braced_functions(path, r"\{$"))
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py" or text.startswith("#!/usr/bin/env python3"):
        return [(node.lineno, node.end_lineno - node.lineno + 1) for node in ast.walk(ast.parse(text))
                if isinstance(node, ast.FunctionDef)]
    return list(braced_functions(path, r"\w+\(\) \{$"))


def measured_files():
    scripts = [path for path in Path("ci").iterdir() if path.is_file()]
    return files("include", "src", "tests", "examples", "bench", suffixes=(".c", ".h", ".cc")) + sorted(scripts)


def sizes():
    errors = []
    lengths = []
    longest_file = 0
    for path in measured_files():
        line_count = len(lines_of(path))
        longest_file = max(longest_file, line_count)
        if line_count > LONGEST_FILE:
            errors.append(f"{path}: {line_count} lines")
        functions = functions_of(path)
        errors += [f"{path}:{line}: a function of {length} lines" for line, length in functions if length > LONGEST_FUNCTION]
        if path.parts[0] == "src":
            lengths += [length for _, length in functions]
    lengths.sort()
    median, high = lengths[len(lengths) // 2], lengths[len(lengths) * 9 // 10]
    return errors, (f"{len(lengths)} functions in src, median {median} lines, nine in ten up to {high}, "
                    f"longest {lengths[-1]}; longest file {longest_file}")


def licenses():
    checked = files("include", "src", "tests", "examples", "bench", suffixes=(".c", ".h", ".cc"))
    errors = [f"{path}: no license line" for path in checked
              if not re.match(r"/[*/] SPDX-License-Identifier: MIT", path.read_text(encoding="utf-8"))]
    return errors, f"{len(checked)} files"


def main():
    rules = {"layers": layers, "systems": systems, "sizes": sizes, "licenses": licenses}
    if len(sys.argv) != 2 or sys.argv[1] not in rules:
        print(__doc__, file=sys.stderr)
        return 2
    errors, figures = rules[sys.argv[1]]()
    print("\n".join(errors) if errors else figures)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
