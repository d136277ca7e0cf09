#!/usr/bin/python3
"""What decides has no clock, no randomness, no I/O and no memory of its own: the objects of libpure.a leave only a few names undefined.

    tests/purity/purity.py BUILD     BUILD holds libpure.a

A name that is neither defined in the archive nor in ALLOWED is a fault, told with its object and what to do. Before that the check is tried on small objects
of its own: those that ask for time, memory or a file must be caught, and one that only computes must not.
"""
import os
import re
import subprocess
import sys
import tempfile

# What a decision may call, and why that is no way out.
ALLOWED = {
    "memchr": "reads bytes that it is given",
    "memcmp": "reads bytes that it is given",
    "memcpy": "moves bytes; the compiler writes calls of it for assignments",
    "memmove": "moves bytes",
    "memset": "sets bytes; the compiler writes calls of it for initializers",
    "inet_pton": "reads an address from a text that it is given; no resolver, no locale",
    "pcre2_match_8": "works in memory that was set aside at load; steps, depth and memory are bounded (src/rules/regex.h)",
    "strchr": "reads a text that it is given",
    "strlen": "reads a text that it is given; str_of of the names that tables hold",
    "panic": "ends the process: a programmer's error",
}
# What compilers put in: checks that end the process, and names of the linker's tables.
COMPILERS = re.compile(r"^(__stack_chk_fail|__(memcpy|memmove|memset)_chk|_GLOBAL_OFFSET_TABLE_|__ubsan_handle_\w+|__asan_\w+|__sanitizer_\w+"
                       r"|__start_asan_globals|__stop_asan_globals|___asan_\w+)$")

REMEDY = "give it to the core with the input, or do it in src/serve or a driver"


def run(*command, cwd=None):
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def symbols_of(archive):
    """{object: (defined, undefined)} of an archive or an object. nm reads thin archives from where they lie: its members' paths are relative to that."""
    directory, name = os.path.split(os.path.abspath(archive))
    objects, current = {}, name
    for line in run("nm", "--format=posix", name, cwd=directory).splitlines():
        member = re.match(r"^(?:.*\[)?(.*?\.o)\]?:$", line)
        if member:
            current = os.path.basename(member[1])
        elif line.strip():
            symbol, kind = line.split()[:2]
            defined, undefined = objects.setdefault(current, (set(), set()))
            if kind in "Uwv":
                undefined.add(symbol)
            elif kind.isupper():
                defined.add(symbol)
    return objects


def faults(objects):
    """A line for each undefined name that nobody in the archive defines and that is not allowed."""
    inside = set().union(*(defined for defined, _ in objects.values()))
    return [f"{name}: {symbol} is not pure; {REMEDY}" for name, (_, undefined) in sorted(objects.items())
            for symbol in sorted(undefined - inside) if symbol not in ALLOWED and not COMPILERS.match(symbol)]


# source, the names that must be told of
TRIALS = [
    ("#include <time.h>\nlong a(void) { return time(0); }", ["time"]),
    ("#include <stdlib.h>\nvoid *a(void) { return malloc(8); }", ["malloc"]),
    ("#include <stdio.h>\nvoid *a(void) { return fopen(\"x\", \"r\"); }", ["fopen"]),
    ("#include <stdlib.h>\nint a(void) { return rand(); }", ["rand"]),
    ("#include <unistd.h>\n#include <sys/socket.h>\nint a(void) { return socket(1, 1, 0) + getpid(); }", ["socket", "getpid"]),
    ("extern int somewhere_else;\nint a(void) { return somewhere_else; }", ["somewhere_else"]),
    ("int weak(void) __attribute__((weak));\nint a(void) { return weak ? weak() : 0; }", ["weak"]),
    ("#include <string.h>\nvoid a(void *p, void *q, size_t n) { memcpy(p, q, n); memset(q, 0, n); }", []),
]


def compiled(directory, name, source):
    with open(os.path.join(directory, name + ".c"), "w") as file:
        file.write(source + "\n")
    run("gcc", "-std=gnu17", "-O0", "-c", name + ".c", "-o", name + ".o", cwd=directory)
    return os.path.join(directory, name + ".o")


def try_itself(check):
    with tempfile.TemporaryDirectory(prefix="purity-") as directory:
        for i, (source, expected) in enumerate(TRIALS):
            found = faults(symbols_of(compiled(directory, f"trial{i}", source)))
            told = [line.split()[1] for line in found]
            check(f"a trial asks for {', '.join(expected) or 'nothing'}", told == sorted(expected), f"found {found}")
        for kind, flags in (("an", "rcs"), ("a thin", "rcsT")):
            compiled(directory, "one", "int two(void);\nint one(void) { return two(); }")
            compiled(directory, "two", "long time(long *);\nint two(void) { return (int)time(0); }")
            archive = os.path.join(directory, f"lib{flags}.a")
            run("ar", flags, archive, "one.o", "two.o", cwd=directory)
            found = faults(symbols_of(archive))
            check(f"of {kind} archive only what is undefined in all of it", found == [f"two.o: time is not pure; {REMEDY}"], f"found {found}")


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: purity.py BUILD")
    passed, failed = 0, 0

    def check(name, ok, what=""):
        nonlocal passed, failed
        passed, failed = passed + bool(ok), failed + (not ok)
        if not ok:
            print(f"FAIL {name}: {what}")

    try_itself(check)
    archive = os.path.join(sys.argv[1], "libpure.a")
    check("there is a libpure.a", os.path.exists(archive), f"{archive} is missing; build first")
    objects = symbols_of(archive) if os.path.exists(archive) else {}
    found = faults(objects) if objects else []
    for name in sorted(objects):
        of_it = [line for line in found if line.startswith(name + ": ")]
        check(f"{name} is pure", not of_it, "\n     " + "\n     ".join(of_it))
    for part in ("core", "access", "decide", "turn", "str"):
        check(f"{part}.c is in it", any(re.search(rf"(^|_){part}\.c\.o$", name) for name in objects), "put it into `pure` in meson.build")
    wanted = set().union(*(undefined for _, undefined in objects.values())) if objects else set(ALLOWED)
    for symbol in sorted(set(ALLOWED) - wanted):
        check(f"{symbol} is needed", False, "nothing asks for it; take it out of ALLOWED")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
