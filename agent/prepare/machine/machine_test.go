package machine

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestADiskMayComeLate(t *testing.T) {
	for name, test := range map[string]struct {
		profile Profile
		comes   time.Duration // the disk
		found   bool
		after   time.Duration // it has been looked for so long
	}{
		"at once":             {Hardened, 0, true, 0},
		"late":                {Hardened, time.Second, true, time.Second},
		"too late":            {Hardened, time.Minute, false, diskWait + lookGap},
		"nobody waits for it": {Compat, time.Minute, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				facts, err := lookAgain(t.Context(), Config{Profile: test.profile}, func() (Facts, error) {
					if time.Since(began) < test.comes {
						return Facts{}, nil
					}
					return aMachine(), nil
				})
				if err != nil || len(facts.Disks) > 0 != test.found {
					t.Errorf("got %d disks, %v, want some: %t", len(facts.Disks), err, test.found)
				}
				if got := time.Since(began); got != test.after {
					t.Errorf("it took %v, want %v", got, test.after)
				}
			})
		})
	}
}

func TestNobodyLooksForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		blind, gone := errors.New("no /proc"), errors.New("gone")
		if _, err := lookAgain(t.Context(), hardened(), func() (Facts, error) { return Facts{}, blind }); !errors.Is(err, blind) {
			t.Errorf("got %v, want %v", err, blind)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(gone)
		if _, err := lookAgain(ctx, hardened(), func() (Facts, error) { return Facts{}, nil }); !errors.Is(err, gone) {
			t.Errorf("got %v, want %v", err, gone)
		}
	})
}
