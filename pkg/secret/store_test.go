package secret_test

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

func TestAStoreCopiesWhatItTakesAndGives(t *testing.T) {
	store := secret.NewStore(nil)
	given := []byte(canary)
	if err := store.Set("webhook_secret", given); err != nil {
		t.Fatal(err)
	}
	clear(given)
	got := store.Get("webhook_secret")
	if got.Reveal() != canary {
		t.Errorf("after the caller cleared its own: got %q, want %q", got.Reveal(), canary)
	}
	got.Wipe()
	if got := store.Get("webhook_secret").Reveal(); got != canary {
		t.Errorf("after a reader wiped its own: got %q, want %q", got, canary)
	}
	if got := store.Get("another"); !got.Empty() {
		t.Errorf("a name that was never set: got %q, want nothing", got.Reveal())
	}
}

func TestAStoreRefusesWhatItCannotKeep(t *testing.T) {
	store := secret.NewStore(secret.NewMasker())
	want := "app_key: secret: it has 7 bytes, at least 8 are needed to mask it: use a longer one"
	if err := store.Set("app_key", []byte("1234567")); err == nil || err.Error() != want {
		t.Errorf("a short one: got %v, want %s", err, want)
	}
	store.Close()
	if err := store.Set("app_key", []byte(canary)); !errors.Is(err, secret.ErrClosed) {
		t.Errorf("closed: got %v, want %v", err, secret.ErrClosed)
	}
}

func TestAStoresSecretsAreMaskedAlsoOnceReplaced(t *testing.T) {
	masker := secret.NewMasker()
	store := secret.NewStore(masker)
	for _, plain := range []string{"the-first-secret", "the-second-secret"} {
		if err := store.Set("key", []byte(plain)); err != nil {
			t.Fatal(err)
		}
	}
	store.Close()
	if got, want := masker.MaskString("the-first-secret, the-second-secret"), "***, ***"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAStoreMayBeUsedByMany(t *testing.T) {
	store := secret.NewStore(secret.NewMasker())
	var group sync.WaitGroup
	for n := range 8 {
		plain := fmt.Appendf(nil, "secret number %d", n)
		group.Go(func() {
			for range 50 {
				if err := store.Set("key", plain); err != nil && !errors.Is(err, secret.ErrClosed) {
					t.Error(err)
				}
				if got := store.Get("key").Bytes(); got != nil && !bytes.HasPrefix(got, []byte("secret number ")) {
					t.Errorf("got %q, want a whole secret or none", got)
				}
			}
		})
	}
	group.Go(store.Close)
	group.Wait()
}
