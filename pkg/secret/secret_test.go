package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

func TestTextNeverPrints(t *testing.T) {
	const canary = "canary-5d1c"
	text := secret.New(canary)
	within := struct{ Token secret.Text }{text}

	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+verb+"\n", text, within)
	}
	body, err := json.Marshal(within)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(body)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "token", text, "within", within)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "token", text, "within", within)

	for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary)} {
		if strings.Contains(out.String(), form) {
			t.Errorf("the secret was printed, as %q:\n%s", form, out.String())
		}
	}
	if got := text.Reveal(); got != canary {
		t.Errorf("Reveal() = %q, want %q", got, canary)
	}
}
