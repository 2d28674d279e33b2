package main

import (
	"go/version"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// instructions are a Dockerfile's, one a line, without comments; and those of its last stage.
func instructions(t *testing.T) (all, last []string) {
	t.Helper()
	text, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, line)
		}
	}
	for i, line := range all {
		if strings.HasPrefix(line, "FROM ") {
			last = all[i:]
		}
	}
	return all, last
}

func has(lines []string, pattern string) bool {
	return slices.ContainsFunc(lines, regexp.MustCompile(pattern).MatchString)
}

func TestTheImageHasTheServerAndNothingElseAndNoRights(t *testing.T) {
	all, last := instructions(t)
	for rule, kept := range map[string]bool{
		"it is made from scratch":               last[0] == "FROM scratch",
		"it has certificates":                   has(last, `^COPY --from=build /etc/ssl/certs/ca-certificates\.crt /etc/ssl/certs/ca-certificates\.crt$`),
		"its user is not root, and is a number": has(last, `^USER [1-9][0-9]*:[1-9][0-9]*$`),
		"it runs the server, by no shell":       has(last, `^ENTRYPOINT \["/server"\]$`),
		"it has nothing from the clone itself":  !has(last, `^(COPY|ADD) [^-]`),
		"nothing is downloaded unseen":          !has(all, `^ADD |curl|wget`),
		"it is for what is asked for":           has(all, `GOARCH=\$\{TARGETARCH\}`) && has(all, `^ARG TARGETARCH$`),
		"it is built by any Docker":             has(all, `^FROM --platform=\$\{GO_PLATFORM\} `) && has(all, `^ARG GO_PLATFORM=.`),
		"it needs no C":                         has(all, `CGO_ENABLED=0`),
		"it is told no secret":                  !has(all, `(?i)^(ARG|ENV) .*(secret|token|password|key)`) && !has(all, `^ENV `),
	} {
		if !kept {
			t.Errorf("not so: %s:\n%s", rule, strings.Join(all, "\n"))
		}
	}
}

func TestTheImageIsBuiltByAGoThatIsPinnedAndNewEnough(t *testing.T) {
	all, _ := instructions(t)
	module, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	asked := regexp.MustCompile(`(?m)^go ([0-9.]+)$`).FindSubmatch(module)
	pinned := regexp.MustCompile(`^ARG GO_IMAGE=golang:([0-9]+\.[0-9]+\.[0-9]+)-[a-z]+$`).FindStringSubmatch(all[0])
	if asked == nil || pinned == nil || version.Compare("go"+pinned[1], "go"+string(asked[1])) < 0 {
		t.Errorf("got %q, want GO_IMAGE with a version of three numbers, at least the %s of go.mod", all[0], asked)
	}
}

func TestTheBuildSeesWhatTheServerIsMadeOfAlone(t *testing.T) {
	text, err := os.ReadFile("../../.dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(regexp.MustCompile(`(?m)^#.*`).ReplaceAllString(string(text), ""))
	if len(lines) == 0 || lines[0] != "*" {
		t.Errorf("got %q, want all left out first", lines)
	}
	for _, part := range []string{"!go.mod", "!go.sum", "!LICENSE", "!cmd", "!pkg", "!server"} {
		if !slices.Contains(lines, part) {
			t.Errorf("%s is missing: the server is made of it", part)
		}
	}
}
