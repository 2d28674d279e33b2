package secret

import (
	"testing"
	"time"
)

// What is wiped is seen from inside only.
func TestAStoreWipesOnOverwriteAndAtTheEnd(t *testing.T) {
	store := NewStore(nil)
	held := func() []byte { return store.byName["key"].held.bytes() }
	if err := store.Set("key", []byte("the first secret")); err != nil {
		t.Fatal(err)
	}
	first := held()
	if err := store.Set("key", []byte("the second secret")); err != nil {
		t.Fatal(err)
	}
	second := held()
	if got := string(second); got != "the second secret" {
		t.Errorf("before the end: got %q, want the second secret", got)
	}
	store.Close()
	for when, bytes := range map[string][]byte{"overwrite": first, "end": second} {
		for _, b := range bytes {
			if b != 0 {
				t.Errorf("after the %s: got %q, want zeros", when, bytes)
				break
			}
		}
	}
}

func TestAMaskerWipesWhatItForgets(t *testing.T) {
	masker := NewMasker()
	long, short := New("a secret for ever"), New("a secret for a minute")
	for text, until := range map[Text]time.Time{long: {}, short: time.Now().Add(-time.Second)} {
		if err := masker.Register(text, until); err != nil {
			t.Fatal(err)
		}
	}
	var forms [][]byte
	for _, known := range masker.secrets {
		if !known.until.IsZero() {
			forms = known.forms
		}
	}
	masker.forget(time.Now())
	for _, form := range forms {
		if form[0] != 0 {
			t.Errorf("got %q, want zeros", form)
		}
	}
	if got := len(masker.secrets); got != 1 {
		t.Errorf("got %d secrets, want the one that is for ever", got)
	}
	masker.forget(time.Now().Add(time.Hour))
	only := NewMasker()
	if err := only.Register(long, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if len(masker.index.heads) != len(only.index.heads) || len(masker.index.starts) != len(only.index.starts) || masker.index.first != only.index.first {
		t.Error("the index still knows of what is forgotten")
	}
}
