# One verb each; CI calls the same. Everything is built in .build, and what users run lies in .build/stage.
PREFIX ?= /usr/local
DESTDIR ?=
CONFIGURATION ?= release
STAGE := .build/stage
SWIFTFLAGS := -c $(CONFIGURATION) --static-swift-stdlib --build-system native

.PHONY: demo build stage install test clean fmt

demo: ; scripts/demo
build: ; scripts/dependencies && swift build $(SWIFTFLAGS)
stage: build ; scripts/stage $(CONFIGURATION) $(STAGE)
install: stage ; mkdir -p $(DESTDIR)$(PREFIX) && cp -a $(STAGE)/. $(DESTDIR)$(PREFIX)/
test: ; scripts/dependencies test && $(MAKE) --no-print-directory stage && EULERPUBLISHER_STAGE=$(CURDIR)/$(STAGE) swift test --disable-xctest
fmt: ; swift format -i -r Sources Plugins Tests Package.swift
clean: ; rm -rf .build
