package secret_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

func TestTheHandlerIsAHandlerAsAnyOther(t *testing.T) {
	var out bytes.Buffer
	slogtest.Run(t, func(*testing.T) slog.Handler {
		out.Reset()
		return secret.NewHandler(slog.NewJSONHandler(&out, nil), masking(t, canary))
	}, func(t *testing.T) map[string]any {
		var line map[string]any
		if err := json.Unmarshal(out.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		return line
	})
}

type (
	stringer  struct{ plain string }
	texter    struct{ plain string }
	valuer    struct{ plain any }
	marshaler struct{ plain string }
	named     string
	panics    struct{}
	nested    struct {
		Text    string
		Bytes   []byte
		Any     any
		private string
	}
)

func (s stringer) String() string                { return "stringer " + s.plain }
func (s texter) MarshalText() ([]byte, error)    { return []byte("texter " + s.plain), nil }
func (s valuer) LogValue() slog.Value            { return slog.AnyValue(s.plain) }
func (s marshaler) MarshalJSON() ([]byte, error) { return json.Marshal([]string{s.plain}) }
func (p *panics) String() string                 { panic("nil") }

// values are what a secret may be within.
func values(plain string) map[string]any {
	return map[string]any{
		"string": plain, "within": "x " + plain + " y", "named": named(plain), "bytes": []byte(plain), "raw": json.RawMessage(`{"a":"` + plain + `"}`),
		"error": errors.New(plain), "wrapped": fmt.Errorf("get %s: %w", url.QueryEscape(plain), errors.New(plain)), "joined": errors.Join(errors.New("a"), errors.New(plain)),
		"stringer": stringer{plain}, "texter": texter{plain}, "marshaler": marshaler{plain}, "pointer": &stringer{plain},
		"valuer": valuer{plain}, "valuer of valuer": valuer{valuer{errors.New(plain)}}, "group": slog.GroupValue(slog.String("a", plain), slog.Group("b", "c", plain)),
		"struct": nested{plain, []byte(plain), nested{Text: plain}, plain}, "pointer to struct": &nested{Any: &nested{Bytes: []byte("<<" + plain)}},
		"map": map[string]any{plain: []string{plain}}, "slice": []any{plain, []byte(plain), errors.New(plain)}, "attrs": []slog.Attr{slog.String("a", plain)},
		plain: "a key", "nil": nil, "nil pointer": (*panics)(nil), "channel": make(chan int),
	}
}

func TestNothingThatIsLoggedTellsASecret(t *testing.T) {
	for _, plain := range []string{canary, "a \"quoted\" <secret>\\ & more"} {
		var out bytes.Buffer
		masker := masking(t, plain)
		for _, inner := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
			log := slog.New(secret.NewHandler(inner, masker))
			for name, value := range values(plain) {
				log.Info("message "+plain, name, value)
				log.With(name, value).WithGroup("group "+plain).With(name, value).Info("x", slog.Group("more", name, value))
			}
		}
		for line := range strings.Lines(out.String()) {
			if masked := masker.MaskString(line); masked != line || strings.Contains(line, "99 97 110 97 114 121") {
				t.Errorf("the log tells the secret:\n%s", line)
			}
			if !strings.Contains(line, "***") {
				t.Errorf("got %s, want asterisks", line)
			}
		}
	}
}

func TestWhatIsNoSecretIsLoggedAsItIs(t *testing.T) {
	type state string
	attrs := []any{
		"string", "text", "state", state("queued"), "int", 7, "float", 1.5, "bool", true, "after", time.Second,
		"at", time.Unix(0, 0).UTC(), "error", errors.New("no"), "nothing", nil, "struct", nested{Text: "a", Any: 7}, "map", map[string]int{"a": 1},
		slog.Group("group", "a", 1), slog.Group("empty"), "bytes", []byte("bytes"), "mine", []state{"a"}, "exit_code", int8(3),
	}
	var lines [2]string
	for i := range lines {
		var out bytes.Buffer
		var handler slog.Handler = slog.NewJSONHandler(&out, &slog.HandlerOptions{AddSource: true})
		if i == 1 {
			handler = secret.NewHandler(handler, masking(t, canary))
		}
		slog.New(handler).With("a", 1).WithGroup("g").With("b", 2).Info("message", attrs...)
		_, lines[i], _ = strings.Cut(out.String(), `"level"`) // before it is the time
	}
	if diff := cmp.Diff(lines[0], lines[1]); diff != "" {
		t.Errorf("-plain +masked:\n%s", diff)
	}
}

func TestALoggerMadeBeforeTheSecretMasksIt(t *testing.T) {
	var out bytes.Buffer
	masker := secret.NewMasker()
	log := slog.New(secret.NewHandler(slog.NewJSONHandler(&out, nil), masker)).With("token", canary).WithGroup("g").With("token", canary)
	if err := masker.Register(secret.New(canary), time.Time{}); err != nil {
		t.Fatal(err)
	}
	log.Info("x")
	if got := out.String(); !strings.HasSuffix(got, `"msg":"x","token":"***","g":{"token":"***"}}`+"\n") {
		t.Errorf("got %s, want both tokens masked", got)
	}
}

func TestASecretNumberIsMasked(t *testing.T) {
	type id int
	var out bytes.Buffer
	slog.New(secret.NewHandler(slog.NewJSONHandler(&out, nil), masking(t, "1234567890"))).Info("x", "a", 1234567890, "b", id(1234567890), "c", 7)
	if got := out.String(); !strings.HasSuffix(got, `"a":"***","b":"***","c":7}`+"\n") {
		t.Errorf("got %s, want the number masked", got)
	}
}

func TestLoggersThatShareAGroupDoNotShareAttributes(t *testing.T) {
	var out bytes.Buffer
	base := slog.New(secret.NewHandler(slog.NewJSONHandler(&out, nil), nil)).WithGroup("g").With("a", 1)
	one, two := base.With("b", 2), base.With("c", 3)
	deeper := base.WithGroup("h")
	one.Info("x")
	two.Info("x")
	deeper.Info("x", "d", 4)
	for i, want := range []string{`"g":{"a":1,"b":2}}`, `"g":{"a":1,"c":3}}`, `"g":{"a":1,"h":{"d":4}}}`} {
		if got := strings.Split(out.String(), "\n")[i]; !strings.HasSuffix(got, want) {
			t.Errorf("got %s, want %s at its end", got, want)
		}
	}
}
