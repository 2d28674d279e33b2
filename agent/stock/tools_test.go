package stock

import (
	"strings"
	"testing"
)

func TestExecTellsTheEndOfWhatAProgramSaid(t *testing.T) {
	t.Setenv("NOT_GIVEN", "x")
	if err := Exec(t.Context(), "/bin/sh", "-c", `test -z "$NOT_GIVEN" && test "$DEBIAN_FRONTEND" = noninteractive`); err != nil {
		t.Error(err)
	}
	err := Exec(t.Context(), "/bin/sh", "-c", "yes x | head -n 1000; echo 'E: no such'; exit 100")
	if err == nil || !strings.HasSuffix(err.Error(), "x x E: no such") || len(err.Error()) > 400 {
		t.Errorf("got %v, want the end of what it said", err)
	}
}
