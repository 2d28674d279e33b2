package deploy_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/cloudformation"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/cloudtest"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/console"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/deploy"
)

// github answers what GitHub does of its runner's newest release.
type github struct{ status int }

func (g github) RoundTrip(r *http.Request) (*http.Response, error) {
	body := `{"tag_name": "v2.400.0", "assets": [
		{"name": "actions-runner-linux-x64-2.400.0.tar.gz", "digest": "sha256:` + strings.Repeat("a", 64) + `"},
		{"name": "actions-runner-linux-arm64-2.400.0.tar.gz", "digest": "sha256:` + strings.Repeat("b", 64) + `"}]}`
	return &http.Response{StatusCode: g.status, Status: http.StatusText(g.status), Body: newBody(body), Request: r}, nil
}

// deployed is what became of a deployment.
type deployed struct {
	printed string
	err     error
}

// artifacts are a directory of what is deployed.
func artifacts(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"lambda.zip", "agent-linux-amd64", "agent-linux-arm64"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// run deploys, as the program would.
func run(t *testing.T, cloud *cloudtest.Cloud, dir string, change func(*deploy.Program), args ...string) deployed {
	t.Helper()
	return runUntil(t.Context(), t, cloud, dir, change, args...)
}

// runUntil is the same, until somebody wants an end.
func runUntil(ctx context.Context, t *testing.T, cloud *cloudtest.Cloud, dir string, change func(*deploy.Program), args ...string) deployed {
	t.Helper()
	if !strings.Contains(strings.Join(args, " "), "AlertEmail") {
		args = append(args, "--param", "AlertEmail=")
	}
	flags, err := deploy.ParseFlags(args, dir)
	if err != nil {
		return deployed{err: err}
	}
	var printed bytes.Buffer
	program := deploy.Program{
		Console: console.Console{In: strings.NewReader(""), Out: &printed}, Template: cloudformation.Template, AWS: cloud.Client(),
		GitHub: &http.Client{Transport: github{http.StatusOK}},
		Docker: func(context.Context, string, ...string) (string, error) { t.Error("docker was called"); return "", nil },
	}
	if change != nil {
		change(&program)
	}
	err = program.Run(ctx, flags)
	return deployed{printed.String(), err}
}

// must is run, and whatever went wrong is fatal.
func must(t *testing.T, cloud *cloudtest.Cloud, dir string, args ...string) string {
	t.Helper()
	got := run(t, cloud, dir, nil, args...)
	if got.err != nil {
		t.Fatalf("%v: %v after\n%s", args, got.err, got.printed)
	}
	return got.printed
}

// digest is the SHA-256 of one of the artifacts.
func digest(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}

func newBody(text string) *body { return &body{strings.NewReader(text)} }

type body struct{ *strings.Reader }

func (*body) Close() error { return nil }
