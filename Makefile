# Every target is plain commands. Tools are pinned in tools/go.mod and tools/lint/go.mod and
# run by Go itself, so nothing has to be installed; what needs Node, npm, a C compiler or
# Chromium says so when it is missing, and fails then only with CI=true.

TOOL := go tool -modfile=tools/go.mod
LINT := go tool -modfile=tools/lint/go.mod golangci-lint
# The race detector needs cgo, which Go turns on by itself where there is a C compiler.
RACE := $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)
FUZZTIME ?= 60s
COMPARE ?= 3s
USERS ?= 1000000

# need NAMES,WHAT,HOW: says that WHAT is skipped when none of the programs NAMES is there.
need = for p in $(1); do command -v $$p >/dev/null && exit 0; done; echo "skipped: $(2); to have it: $(3)"; [ "$$CI" != true ]

.PHONY: help run test build generate check-generated lint typecheck vuln e2e conformance next bench fuzz cover ci

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18

run: ## the demo on http://localhost:8080, offline, everything kept in ./data
	@! command -v bash >/dev/null || bash tools/ports.bash "$${ADDR:-localhost:8080}" "$${BACKEND_API_ADDR:-localhost:8081}"
	@echo "compiling the demo: some minutes the first time, then seconds; packages are named as they are compiled"
	USHER_DEV=$${USHER_DEV-1} go run -v ./cmd/web

# Packages of e2e run one after the other (-p 1): two of them install the published SDK.
test: ## all tests that can run here; says what was skipped and how to get it
	@$(call need,gcc clang cc,the race detector,apt-get install gcc libc6-dev)
	@$(call need,node nodejs,the tests of the browser runtime in a model browser,apt-get install nodejs)
	go test $(RACE) -shuffle=on ./...
	go test -count=1 -run TestWelcomeCosts ./cmd/web
	cd bench && go test $(RACE) -shuffle=on ./...
	@$(call need,chromium chromium-browser google-chrome,the tests in a real browser,apt-get install chromium)
	cd e2e && go test -count=1 -p 1 -shuffle=on ./...

build: ## bin/web
	CGO_ENABLED=0 go build -trimpath -o bin/web ./cmd/web

generate: ## templ components and the browser bundle
	go generate ./views ./cmd/web/pages ./static
	cd bench && go generate .

check-generated: generate ## fails if generated files are not what their sources give
	git diff --exit-code -- '*_templ.go' static/dist
	test -z "$$(git ls-files --others --exclude-standard -- '*_templ.go' static/dist)"

lint: ## gofmt, go vet and golangci-lint
	test -z "$$(gofmt -l $$(git ls-files '*.go'))"
	go vet ./... && cd e2e && go vet ./...
	cd bench && go vet ./...
	$(LINT) run ./...

typecheck: ## the types of the browser code; needs npm
	@$(call need,npm,the type check of static/src,apt-get install npm)
	@! command -v npm >/dev/null || { cd tools/typescript && npm ci --ignore-scripts --no-audit --no-fund && node_modules/.bin/tsc -p ../../static; }

vuln: ## known vulnerabilities in what is reachable from here
	$(TOOL) govulncheck ./...

e2e: ## the program in a real browser; needs Chromium
	@$(call need,chromium chromium-browser google-chrome,the tests in a real browser,apt-get install chromium)
	cd e2e && go test -count=1 -p 1 ./...

conformance: ## the published SDKs against this library and its instance, and the published browser client against bin/web; needs Node, npm and Chromium
	@$(call need,npm,the published SDK,apt-get install nodejs npm)
	@$(call need,chromium chromium-browser google-chrome,the published browser client,apt-get install chromium)
	cd e2e && go test -count=1 -v -run TestConformance ./conformance -cases 20000 -seeds 3
	cd e2e && go test -count=1 -v -run TestThePublished .
	cd e2e && go test -count=1 -v ./clerkjs

next: ## an app on the published Next.js SDK beside the program; needs Node, npm and Chromium, takes a minute
	@$(call need,npm,the app on Next.js,apt-get install nodejs npm)
	@$(call need,chromium chromium-browser google-chrome,the tests in a real browser,apt-get install chromium)
	cd e2e && go test -count=1 -v -run TestNext . -next

bench: ## the signed-in page against no authentication and against the published SDKs, and the parts
	go test -count=1 -v -run 'TestWelcomeCosts|TestCompareWelcome' -timeout 20m ./cmd/web -compare $(COMPARE)
	cd bench && go test -count=1 -v -run 'TestPeers|TestService|TestCompareVerify|TestCompareSmall|TestCompareSessions' -timeout 60m . -for $(COMPARE)
	cd bench && go test -count=1 -v -run 'TestI02|TestI07|TestCrowd' -timeout 40m . -users $(USERS) -tries 1000
	@$(call need,npm,the comparison with @clerk/express and Next.js,apt-get install nodejs npm)
	cd bench && go test -count=1 -v -run TestNodePeers -timeout 20m . -for $(COMPARE)
	cd bench && go test -run '^$$' -bench . -benchmem .
	go test -run '^$$' -bench . -benchmem ./authctx ./userclient ./views

# Go's fuzzer at times ends with "context deadline exceeded" when its time is up; what it
# found it says in other words.
fuzz: ## every fuzz target for FUZZTIME (60s)
	@log=$$(mktemp); trap 'rm -f '$$log EXIT; \
	grep -rn --include='*_test.go' '^func Fuzz' . | sed 's/^\(.*\)\/[^/]*:[0-9]*:func \(Fuzz[A-Za-z]*\).*/\1 \2/' | \
	while read -r dir name; do echo "$$dir $$name"; \
		{ go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x "$$dir" || echo "not passed"; } 2>&1 | tee $$log; \
		! grep -q '^not passed' $$log || { grep -q '^ *context deadline exceeded' $$log && ! grep -q 'Failing input' $$log; } || exit 1; done

cover: ## coverage.txt and the share by function
	go test -coverprofile=coverage.txt -coverpkg=./... ./...
	go tool cover -func=coverage.txt | tail -1

ci: check-generated lint typecheck test vuln ## everything a merge needs
