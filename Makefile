# Mayfly. `make help` lists what there is.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The linter is pinned, and built into bin/ by the Go that builds the rest.
LINT_VERSION := v2.15.0
LINT := bin/golangci-lint-$(LINT_VERSION)

CHECKS := build format vet lint scripts template images-validate canary race burst storm-ci modules

.PHONY: help
help: ## list what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)$$/  make \1\t\2/' | expand -t 18

.PHONY: demo
demo: ## run jobs on this machine, with no AWS and no GitHub; flags go into ARGS, as in ARGS='--jobs 100 --seed 7'
	@CGO_ENABLED=0 go build -trimpath -o bin/ ./cmd/mayfly ./cmd/agent
	@bin/mayfly demo $(ARGS)

.PHONY: test
test: ## run all tests
	go test ./...

.PHONY: test-aws
test-aws: ## test the AWS adapters against moto's server, which it starts and ends: pip install 'moto[server]'
	@files=$$(grep -rl --include='*_test.go' '^//go:build aws$$' .); \
	tests=$$(sed -n 's/^func \(Test[A-Za-z0-9]*\).*/\1/p' $$files | paste -sd '|'); \
	.ci/with-moto go test -tags aws -count=1 -run "^($$tests)$$" $$(dirname $$files | sort -u)

# Runs the tests in files with the build tag $(1), and no others.
tagged = files=$$(grep -rl --include='*_test.go' '^//go:build $(1)$$' .); \
	tests=$$(sed -n 's/^func \(Test[A-Za-z0-9]*\)(t .*/\1/p' $$files | paste -sd '|'); \
	go test -tags $(1) -count=1 -run "^($$tests)$$" $$(dirname $$files | sort -u)

.PHONY: test-net
test-net: ## test the metadata's door in network namespaces, as root: apt-get install iproute2 nftables
	@$(call tagged,net)

.PHONY: test-disk
test-disk: ## test what becomes of a machine's disks, on loop devices, as root: apt-get install cryptsetup-bin cloud-guest-utils fdisk openssh-server
	@$(call tagged,disk)

.PHONY: test-docker
test-docker: ## try the policy for Docker with a real one, which it starts and ends, as root: apt-get install docker.io
	@$(call tagged,docker)

# What the burst and the moments of the kills are made from; 0 is a random one.
SEED ?= 0

.PHONY: crash
crash: ## kill the real server 20 times in a burst of 200 jobs, on moto; it takes some minutes, and a run again is SEED=7
	@.ci/with-moto go test -tags crash -count=1 -v -timeout 30m -run '^TestTheServerIsKilled' ./cmd/server -seed $(SEED)

.PHONY: canary
canary: ## run all tests, and search all that they print for planted secrets
	go test -json ./... | go run ./pkg/secret/canary

.PHONY: test-page
test-page: ## look at the demo's page with Chromium, and take the pictures in docs/images
	@command -v chromium chromium-browser google-chrome google-chrome-stable >/dev/null || \
		{ echo 'test-page: Chromium is missing: apt-get install chromium' >&2; exit 1; }
	go test -tags page -count=1 -v -run 'Page' ./cmd/mayfly

.PHONY: test-vm
test-vm: ## boot the agent on a real machine, in qemu, as root; RUN=pattern runs some of its tests, RACES=3 races thrice
	@RUN='$(RUN)' RACES='$(RACES)' agent/vmtest/vm.sh vm agent/vmtest agent/vmtest/image.sh

.PHONY: test-images
test-images: ## build images of both profiles from Debian, boot them in qemu, and look whether they are what they promise; as root; RUN=pattern runs some of its tests, STEPS=yes one more
	@RUN='$(RUN)' STEPS='$(STEPS)' agent/vmtest/vm.sh image packer/imagetest packer/imagetest/trees.sh

.PHONY: burst
burst: ## measure a burst of 1,000 jobs, in fake time
	go test -tags storm -count=1 -v -run TestABurst ./server | grep -v '"level":'

.PHONY: bench
bench: ## measure all for which there is a goal: passes, webhooks, the page, starts, memory
	@go test -run '^$$' -bench . $$(grep -rl --include=*_test.go '"goal-' . | xargs dirname | sort -u) | go run ./pkg/goals

# How long each target is fuzzed.
FUZZTIME ?= 10m

.PHONY: fuzz
fuzz: ## fuzz every target there is, one after the other, each for so long: FUZZTIME=10m
	@targets=$$(grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | sed -E 's#/[^/]*:func #:#' | sort); \
	for target in $$targets; do \
		echo "== $$target"; \
		go test "$${target%:*}" -run '^$$' -fuzz "^$${target#*:}$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5s; \
	done

# How many seeds a storm runs.
SEEDS ?= 20000

.PHONY: storm
storm: ## let everything go wrong that can, in fake time, over so many seeds: SEEDS=20000
	GOGC=400 go test -count=1 -timeout 3h -run 'TestStorm$$' ./server -storm $(SEEDS)

.PHONY: storm-ci
storm-ci: ## the same over 2,000 seeds
	@$(MAKE) storm SEEDS=2000

.PHONY: storm-demo
storm-demo: ## run the demo with faults over 20 seeds, of 8 and of 64 jobs; it takes some minutes
	go test -tags storm -count=1 -v -timeout 30m -parallel 4 -run TestOverTwentySeeds ./cmd/mayfly

.PHONY: check
check: ## all that CI checks, each with its time
	@for check in $(CHECKS); do \
		start=$$SECONDS; echo "== $$check"; \
		$(MAKE) $$check || { echo "== $$check failed after $$((SECONDS - start)) s"; exit 1; }; \
		echo "== $$check took $$((SECONDS - start)) s"; \
	done

.PHONY: lint
lint: $(LINT) ## find what compiles and is wrong all the same, in Go and in shell scripts
	$(LINT) run --allow-parallel-runners
	@command -v shellcheck >/dev/null || { echo 'lint: shellcheck is missing: apt-get install shellcheck' >&2; exit 1; }
	find . \( -path ./.git -o -path ./bin \) -prune -o -type f \( -name '*.sh' -o -path './.ci/*' \) -print0 | xargs -0 shellcheck

$(LINT):
	GOBIN=$(CURDIR)/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	mv bin/golangci-lint $@

.PHONY: scripts
scripts: ## run what an instance is started with: the user data in bash with curl, its units through systemd-analyze
	@for tool in bash:bash curl:curl systemd-analyze:systemd; do \
		command -v "$${tool%:*}" >/dev/null || { echo "scripts: $${tool%:*} is missing: apt-get install $${tool#*:}" >&2; exit 1; }; \
	done
	go test -count=1 -run 'TestScript|TestSystemd' ./pkg/assignment ./agent/units

.PHONY: race
race: ## run all tests under the race detector (needs a C compiler), but those with EC2: its SDK takes minutes to compile
	CGO_ENABLED=1 go test -race $$(go list ./... | grep -vE "/(pkg/instance|cmd/lambda|cmd/server|cmd/server/onaws|cmd/mayfly-aws.*|cloudformation)$$")

.PHONY: template
template: ## look at the stack: cfn-lint, and what its tests ask of it
	@command -v cfn-lint >/dev/null || { echo 'template: cfn-lint is missing: pip install cfn-lint' >&2; exit 1; }
	cfn-lint cloudformation/template.yaml
	go test -count=1 ./cloudformation/...

.PHONY: build
build: ## build all commands into bin/
	CGO_ENABLED=0 go build -trimpath -o bin/ ./cmd/...

.PHONY: image
image: ## build the server's image with Docker; flags go into ARGS, as in ARGS='--tag mayfly'
	docker build $(ARGS) .

.PHONY: test-image
test-image: ## build the image and try it, with a Docker engine; where no Go image can be pulled, one is made of this machine's
	.ci/test-image

.PHONY: ami
ami: agents ## build an AMI that runners boot from, with Packer, as packer/README.md tells; flags go into ARGS
	@CGO_ENABLED=0 go build -trimpath -o bin/ ./cmd/mayfly ./cmd/mayfly-aws
	@bin/mayfly image build $(ARGS)

.PHONY: images-validate
images-validate: ## have Packer validate the template of every image there is, in both profiles
	@command -v packer >/dev/null || { echo 'images-validate: packer is missing: https://developer.hashicorp.com/packer/install, or apt-get install packer for one that validates all but the newest options' >&2; exit 1; }
	go test -tags packer -count=1 -run 'TestPackerFinds|TestTheTemplates' ./cmd/mayfly-aws/image

.PHONY: lambda
lambda: ## build bin/lambda.zip, a function for provided.al2023 on arm64; the same source gives the same bytes
	@CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -trimpath -buildvcs=false -tags lambda.norpc -ldflags '-s -w' -o bin/arm64/bootstrap ./cmd/lambda
	@go run github.com/aws/aws-lambda-go/cmd/build-lambda-zip -o bin/lambda.zip bin/arm64/bootstrap
	@sha256sum bin/lambda.zip

.PHONY: agents
agents: ## build the agent for both architectures into bin/, to be uploaded
	@for arch in amd64 arm64; do \
		CGO_ENABLED=0 GOOS=linux GOARCH=$$arch go build -trimpath -ldflags='-s -w' -o bin/agent-linux-$$arch ./cmd/agent; \
	done
	@sha256sum bin/agent-linux-*

.PHONY: vet
vet: ## run go vet
	go vet ./...
	go vet -tags aws,crash,disk,docker,image,net,packer,page,storm,vm ./...

.PHONY: format
format: ## name the files that gofmt would change
	@test -z "$$(gofmt -l . | tee /dev/stderr)"

.PHONY: modules
modules: ## see that go.mod and go.sum are tidy and true
	go mod tidy -diff
	go mod verify
