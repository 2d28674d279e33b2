package server_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

// endless is a queue that always has more messages, and takes a second to deliver some.
type endless struct{ server.Queue }

func (endless) Receive(_ context.Context, most int, _ time.Duration) ([]runner.Message, error) {
	time.Sleep(time.Second)
	return slices.Repeat([]runner.Message{{Handle: "h", Body: []byte("poison")}}, most), nil
}

// A function of Lambda ends at its time limit: what a pass reads before it begins is part of its budget.
func TestAPassKeepsToItsBudgetHoweverLongItTakesToBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFront(t, server.Config{Sweep: rarely}, unswept(t), func(s *server.Seams) {
			s.Queue = endless{s.Queue}
			s.Stock = func(context.Context) (*server.Stock, error) {
				time.Sleep(15 * time.Second)
				return &server.Stock{Images: map[runner.Arch]string{runner.X64: "ami-x64"}, Subnets: []runner.Subnet{{ID: "s", Zone: "z"}}}, nil
			}
		})
		began := time.Now()
		if _, err := f.server.Pass(t.Context(), 20*time.Second); err != nil {
			t.Fatal(err)
		}
		if got, want := time.Since(began), 20*time.Second; got != want {
			t.Errorf("got a pass of %s, want %s", got, want)
		}
	})
}
