package secret_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

const canary = "canary-5d1c-pkg-secret"

func TestTextNeverPrints(t *testing.T) {
	text := secret.New(canary)
	type open struct{ Token secret.Text }
	type shut struct {
		token secret.Text
		more  *shut
	}
	values := []any{
		text, &text, open{text}, &open{text}, shut{text, &shut{token: text}}, &shut{token: text},
		[]secret.Text{text}, [1]secret.Text{text}, map[string]secret.Text{"token": text}, map[secret.Text]int{text: 1},
		[]any{text, &text}, fmt.Errorf("wrapped: %w", fmt.Errorf("%v", text)), errors.Join(fmt.Errorf("%+v", shut{token: text})),
	}
	var out bytes.Buffer
	for _, value := range values {
		for _, verb := range "vsqxXdboOcUeEfFgGptTw" {
			for _, flag := range []string{"", "+", "#", " ", "-30", "030", "+#"} {
				fmt.Fprintf(&out, "%"+flag+string(verb)+"\n", value)
			}
		}
		fmt.Fprintln(&out, fmt.Sprint(value))
		if body, err := json.Marshal(value); err == nil {
			out.Write(body)
		}
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "value", value, slog.Group("g", "value", value))
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "value", value, slog.Group("g", "value", value))
	}
	decimals := strings.Trim(fmt.Sprintf("%d", []byte(canary)), "[]")
	for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), decimals} {
		if at := strings.Index(out.String(), form); at >= 0 {
			t.Errorf("the secret was printed, as %q, after %q", form, out.String()[max(0, at-80):at])
		}
	}
	if !strings.Contains(out.String(), "***") {
		t.Errorf("got %q, want asterisks", out.String())
	}
}

func TestATextIsReadByCopyAndWipedForAll(t *testing.T) {
	text := secret.New(canary)
	same := text
	clear(text.Bytes())
	if got := same.Reveal(); got != canary {
		t.Errorf("after a copy was cleared: got %q, want %q", got, canary)
	}
	if !text.Equal(secret.New(canary)) || text.Equal(secret.New("another")) || text.Equal(secret.Text{}) {
		t.Error("Equal: got another answer than that of the plain texts")
	}
	same.Wipe()
	if got := text.Reveal(); got != "" || !text.Empty() {
		t.Errorf("wiped: got %q, empty %v, want nothing", got, text.Empty())
	}
	secret.Text{}.Wipe()
	if none := (secret.Text{}); !none.Empty() || none.Reveal() != "" || !none.Equal(secret.New("")) {
		t.Error("the zero Text: got something, want an empty secret")
	}
}

func TestATextMayBeWipedWhileItIsRead(t *testing.T) {
	text := secret.New(canary)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 100 {
				if got := text.Reveal(); got != canary && got != "" {
					t.Errorf("got %q, want all or nothing", got)
				}
			}
		})
	}
	group.Go(text.Wipe)
	group.Wait()
}
