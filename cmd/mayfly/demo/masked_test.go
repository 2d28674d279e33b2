package demo

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

func TestNoSecretComesToThePageOrTheLog(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	desk, err := newDesk()
	if err != nil {
		t.Fatal(err)
	}
	defer desk.clear()
	const plain = "the secret of the demo"
	if err := desk.masker.Register(secret.New(plain), time.Time{}); err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	desk.log(slog.NewTextHandler(&page, nil)).Warn("it is "+plain, "token", plain)
	kept, err := os.ReadFile(desk.file.Name())
	if err != nil {
		t.Fatal(err)
	}
	for where, text := range map[string]string{"page": page.String(), "log": string(kept)} {
		if strings.Contains(text, plain) || !strings.Contains(text, "it is ***") {
			t.Errorf("the %s: got %s, want the secret masked", where, text)
		}
	}
}
