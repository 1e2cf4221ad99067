# zenvault. "make" alone lists what there is.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Programs of the repository, and things outside of it.
GATEWAY := ./infra/local/gateway
DEMO    := ./infra/demo
VULNDB  := https://vuln.go.dev

# Tests that read the repository by other means than the files of their package, or run the go command: the test cache
# would not notice what they look at. Whole import paths, as a pattern.
UNCACHED := github.com/zenvault/zenvault/infra(/runtimeapi|/shape)?

# The tests of the whole gateway take too long under the race detector, which they run under for what is done at once.
WHOLE  := github.com/zenvault/zenvault/infra/local
ATONCE := Claim_(C1_Retry|S1_Fifty|S1_Refresh|S2_Parallel|S3_Step|S3_Recovery|R2_SignatureWorks|T1_Parallel|T2_CancellationRaces)|Writers

FUZZTIME := 10s
BENCH    := .

# Functions are built the same everywhere: an edit that does not touch a function leaves its artifact as it is, byte for
# byte. GOARCH=amd64 builds them for another machine than the one they are deployed to.
GOARCH    := arm64
FUNCTIONS := $(sort $(patsubst functions/%/main.go,%,$(wildcard functions/*/main.go)))

.PHONY: help run demo test check oracle build bench fuzz cover clean FORCE

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

run: ## start the local gateway: all routes, workers and an embedded AWS on this machine
	go run $(GATEWAY)

demo: ## walk through the main job and check each step
	go run $(DEMO)

test: ## run all tests, with the race detector
	@all=$$(go list ./... | grep -vx '$(WHOLE)'); \
	uncached=$$(grep -xE '$(UNCACHED)' <<<"$$all" || true); cached=$$(grep -vxE '$(UNCACHED)' <<<"$$all"); \
	set -x; \
	$${uncached:+go test -race -count=1 $$uncached}; \
	go test -race $$cached; \
	go test $(WHOLE); \
	go test -race -run '$(ATONCE)' $(WHOLE)

check: ## formatting, vet, staticcheck, tidiness, known vulnerabilities, the template
	@rm -f .build/not-run
	@unformatted=$$(gofmt -l functions shared infra); \
	if [ -n "$$unformatted" ]; then echo "not formatted with gofmt:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go tool staticcheck ./...
	go mod tidy -diff
	@bash infra/tools/vulncheck.sh $(VULNDB)
	@bash infra/tools/lint-template.sh
	@if [ -s .build/not-run ]; then \
		echo "check: no findings, BUT NOT EVERYTHING WAS RUN:"; sed 's/^/  NOT RUN: /' .build/not-run; \
	else echo "check: no findings, everything was run"; fi

oracle: ## hold the embedded DynamoDB against an implementation that is not ours (needs cargo)
	@bash infra/tools/oracle.sh

build: $(FUNCTIONS:%=.build/%/bootstrap) ## build every function for Lambda (linux/arm64, provided.al2023)

# The go command knows best whether there is something to do. SAM takes the folder as it is (SkipBuild).
.build/%/bootstrap: FORCE
	CGO_ENABLED=0 GOOS=linux GOARCH=$(GOARCH) go build -trimpath -buildvcs=false -ldflags='-s -w' -tags lambda.norpc \
		-o $@ ./functions/$*

bench: ## run the benchmarks
	go test -run '^$$' -bench '$(BENCH)' -benchmem ./...

fuzz: ## run every fuzz target for FUZZTIME
	@bash infra/tools/fuzz.sh $(FUZZTIME)

cover: ## report how much the tests cover, across packages
	@mkdir -p .build
	go test -coverpkg=./... -coverprofile=.build/cover.out ./...
	go tool cover -func=.build/cover.out | tail -n 1

clean: ## remove what was built; the state of the local gateway stays
	rm -rf .build
