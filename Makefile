# SPDX-License-Identifier: AGPL-3.0-or-later
# The commands a person must know; Meson and Ninja do the work underneath.
#
#   make          build/hustings, the release binary
#   make demo     the same, then publish Labour's 2010 leadership election, invent an organisation, and serve both on http://127.0.0.1:8080
#   make count-demo   count that election in the terminal instead
#   make test     every test there is; the last line says how many passed and failed
#   make bench    the benchmarks; make bench-people those of people and the roll alone
#   make deb      out/hustings_VERSION_ARCHITECTURE.deb, a Debian package of the program and its service
#   make fuzz     each fuzz target for FUZZ_SECONDS (600), two at a time
#   make format   rewrite the C sources in the house style
#   make lint     clang-format, clang-tidy, cppcheck and the house's own checks
#   make clean    remove what was built
#
# Each installs the Debian packages it lacks (packages.txt), as root or through sudo, and asks nothing.

SHELL := /bin/bash
.DEFAULT_GOAL := build
.PHONY: build demo count-demo test bench bench-people deb fuzz format lint clean help

build:
	@scripts/install.sh build
	@scripts/build.sh build --buildtype=release

demo: build
	@scripts/demo.sh

count-demo: build
	@scripts/count-demo.sh

test:
	@scripts/test.sh

bench:
	@scripts/bench.sh

bench-people:
	@scripts/bench.sh people

deb: build
	@scripts/install.sh deb
	@scripts/deb.sh

fuzz:
	@scripts/fuzz.sh

format:
	@scripts/install.sh lint
	@scripts/format.sh

lint:
	@scripts/lint.sh

clean:
	rm -rf build build-*/ out

help:
	@sed -n 's/^#   //p' Makefile
