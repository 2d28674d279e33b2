package machine

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// answering is a program that takes so long, says that and ends with that code.
func answering(took time.Duration, code int, output string, err error) Program {
	return func(ctx context.Context, _ []string, _ []byte) (int, string, error) {
		select {
		case <-ctx.Done():
			return -1, output, context.Cause(ctx)
		case <-time.After(took):
			return code, output, err
		}
	}
}

func TestEveryStepIsTimedUpToTheFirstThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleep := answering(time.Second, 0, "", nil)
		steps := []Step{
			{Name: "first", Acts: []Act{Command{Args: []string{"a"}}, Command{Args: []string{"b"}}}},
			{Name: "second", Skip: "no means"},
			{Name: "third", Acts: []Act{Command{Args: []string{"c", "d"}, Fails: true}}},
			{Name: "fourth"},
		}
		done, err := Run(t.Context(), steps, sleep)
		want := []Done{{"first", 2 * time.Second, ""}, {"second", 0, "no means"}, {"third", time.Second, ""}}
		if diff := cmp.Diff(want, done); diff != "" {
			t.Errorf("done, want - got +:\n%s", diff)
		}
		if want := "third: c d: there is something on it already"; err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	})
}

func TestHowAProgramEnds(t *testing.T) {
	for name, test := range map[string]struct {
		command Command
		program Program
		err     string
	}{
		"well":                      {Command{}, answering(0, 0, "", nil), ""},
		"badly":                     {Command{}, answering(0, 1, " no such device\n", nil), "exit code 1: no such device"},
		"not at all":                {Command{}, answering(0, -1, "", errors.New("not found")), "not found"},
		"too late":                  {Command{}, answering(time.Hour, 0, "waiting", nil), "it took longer than 30s: waiting"},
		"late, but it may":          {Command{Within: time.Minute}, answering(50*time.Second, 0, "", nil), ""},
		"nothing found":             {Command{Fails: true}, answering(0, 2, "", nil), ""},
		"a file system":             {Command{Fails: true}, answering(0, 0, `TYPE="ext4"`, nil), `there is something on it already: TYPE="ext4": use an empty volume`},
		"more than one file system": {Command{Fails: true}, answering(0, 8, "ambivalent", nil), "exit code 8: ambivalent"},
		"two of one that may not":   {Command{}, answering(0, 2, "", nil), "exit code 2"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				err := test.command.do(t.Context(), test.program)
				if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
					t.Errorf("got %v, want %q", err, test.err)
				}
			})
		})
	}
}

func TestAKeyIsNewEachTimeAndKeptNowhere(t *testing.T) {
	var keys, copies [][]byte
	program := func(_ context.Context, args []string, stdin []byte) (int, string, error) {
		keys, copies = append(keys, stdin), append(copies, bytes.Clone(stdin))
		if strings.Contains(strings.Join(args, " "), string(stdin)) {
			t.Error("the key is an argument, too")
		}
		return 0, "", nil
	}
	for range 2 {
		if err := (Command{Args: []string{"open"}, Key: 64}).do(t.Context(), program); err != nil {
			t.Fatal(err)
		}
	}
	if len(copies[0]) != 64 || bytes.Equal(copies[0], copies[1]) || bytes.Equal(copies[0], make([]byte, 64)) {
		t.Errorf("keys: got %d bytes, the same twice: %t; want 64, and two", len(copies[0]), bytes.Equal(copies[0], copies[1]))
	}
	if !bytes.Equal(keys[0], make([]byte, 64)) {
		t.Error("a key is still in memory when it has been used")
	}
}

func TestARealProgram(t *testing.T) {
	t.Setenv("AWS_SECRET_ACCESS_KEY", "canary")
	code, output, err := Exec(t.Context(), []string{"/bin/sh", "-c", "cat; env; echo away >&2; exit 3"}, []byte("stdin\n"))
	if err != nil || code != 3 {
		t.Errorf("got code %d, %v, want 3", code, err)
	}
	for _, want := range []string{"stdin\n", "LC_ALL=C\n", "PATH=" + path + "\n", "away\n"} {
		if !strings.Contains(output, want) {
			t.Errorf("output: got %q, want %q in it", output, want)
		}
	}
	if strings.Contains(output, "canary") {
		t.Errorf("output: got %q, want nothing of the agent's environment", output)
	}
	if _, _, err := Exec(t.Context(), []string{"/no/such/program"}, nil); err == nil {
		t.Error("a program that is not there: got no error")
	}
	late := errors.New("too late")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(late)
	if _, _, err := Exec(ctx, []string{"/bin/sleep", "60"}, nil); !errors.Is(err, late) {
		t.Errorf("a context that has ended: got %v, want %v", err, late)
	}
}
