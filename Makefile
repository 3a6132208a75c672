# One verb each; CI calls the same. Everything is built in .build, and what users run lies in .build/stage.
PREFIX ?= /usr/local
DESTDIR ?=
STAGE := .build/stage

# Paths of this machine stay out of what is shipped.
SWIFTFLAGS := -c release --static-swift-stdlib --build-system native \
    -Xcc -ffile-prefix-map=$(CURDIR)=. -Xcxx -ffile-prefix-map=$(CURDIR)=.

.PHONY: help demo build stage install test check fmt mutants fuzz bench campaign campaign-large docs clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' Makefile | expand -t 16
demo: ## a release from a mirror to a local catalogue, read back and run; needs no account
	@scripts/demo
build: ## the programs and providers, in .build/release
	@scripts/dependencies build
	swift build $(SWIFTFLAGS)
stage: build ## the whole tree that users install, in .build/stage
	@scripts/stage .build/release $(STAGE)
install: stage ## that tree into DESTDIR and PREFIX (/usr/local)
	@scripts/install $(STAGE) "$(DESTDIR)$(PREFIX)"
test: ## every test, on the staged tree, and two mutants; TEST=FILTER chooses
	@scripts/test $(TEST)
check: ## what needs no build: format, house rules, schemas, links, scripts' syntax
	@scripts/check
fmt: ## formats every Swift file
	swift format -i -r Package.swift Sources Plugins Tests
mutants: ## breaks a copy in each way of Tests/Mutants: its test must turn red; MUTANTS="a b" chooses
	@scripts/mutants $(MUTANTS)
fuzz: ## the readers of images on changed inputs, guided by coverage; SECONDS=60 for each, TARGET="ext fat" chooses
	@scripts/fuzz --seconds $(or $(SECONDS),60) $(TARGET)
bench: stage ## the figures that the documents claim, measured on the staged tree
	@scripts/dependencies bench
	@Benchmarks/run $(STAGE)
	@Benchmarks/registries $(STAGE)
	@Benchmarks/images $(STAGE)
	@Benchmarks/vast $(STAGE)
	@Benchmarks/builds $(STAGE)
campaign: stage ## the long campaign of faults: kills at every request of a publication
	@scripts/campaign $(STAGE)
campaign-large: stage ## the same of a push of 1 GB, whole and in chunks; takes a quarter of an hour and 6 GB in /tmp
	@Tests/Campaign/registries $(STAGE) --megabytes 1000
docs: ## the documents checked, and the pages of ProviderKit in .build/docs
	@scripts/docs
clean: ## removes what was built
	rm -rf .build
