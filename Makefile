# The two commands are `make run` and `make test`. Meson and Ninja do the work; this file only knows the way in.

MISSION ?= run/embassy
PYTHON   = /usr/bin/python3

.PHONY: all run test bench soak fuzz deb format clean help

all: build/release/build.ninja
	@if [ -t 1 ]; then ninja -C build/release; else ninja -C build/release --quiet; fi

help:
	@echo "make run     build, make the sample mission if there is none, run it with its simulated world, show it"
	@echo "make test    build with gcc and with clang's sanitizers, run every test"
	@echo "make bench   measure, each figure beside its limit in the same run (11 GB of disk; ENTRIES=1000000 takes a tenth)"
	@echo "make soak    the simulator, the fuzzers and the chaos for as long as MINUTES says (default 30), or so many SEEDS of the simulator"
	@echo "make fuzz    each fuzz target for SECONDS (default 20)"
	@echo "make deb     the Debian package, looked over and tried, in build/deb/"
	@echo "make format  clang-format over the C files"
	@echo "make clean   remove build/ (run/ stays: it holds missions)"

run: all
	@tools/run $(MISSION)

# What a test needs may have come after the build was set up.
test: build/release/build.ninja build/sanitize/build.ninja build/fuzz/build.ninja
	@tools/setup test
	@ninja -C build/release -t query benches >/dev/null 2>&1 || meson setup --reconfigure build/release >/dev/null
	@$(PYTHON) tools/test

# The peers may have come after the build was set up.
bench: build/release/build.ninja
	@tools/setup test
	@ninja -C build/release -t query benches >/dev/null 2>&1 || meson setup --reconfigure build/release >/dev/null
	@$(PYTHON) tools/bench

soak: build/release/build.ninja build/sanitize/build.ninja build/fuzz/build.ninja
	@$(PYTHON) tools/test $(if $(SEEDS),--seeds $(SEEDS),--soak $(or $(MINUTES),30))

fuzz: build/fuzz/build.ninja
	@$(PYTHON) tools/fuzz --seconds $(or $(SECONDS),20)

deb: all
	@tools/deb

format:
	@git ls-files '*.c' '*.h' | xargs clang-format -i

clean:
	rm -rf build

build/release/build.ninja:
	@tools/setup
	@CC=gcc meson setup build/release --buildtype=release >/dev/null

build/sanitize/build.ninja:
	@tools/setup test
	@CC=clang meson setup build/sanitize -Dbuildtype=debugoptimized -Doptimization=1 -Db_sanitize=address,undefined \
		-Db_lundef=false >/dev/null

build/fuzz/build.ninja:
	@tools/setup test
	@CC=clang meson setup build/fuzz -Dbuildtype=debugoptimized -Doptimization=1 -Dfuzz=true -Db_lundef=false >/dev/null
