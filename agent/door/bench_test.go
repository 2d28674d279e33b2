//go:build net

package door

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Beside it: what the same costs with the command of nftables.
func BenchmarkClose(b *testing.B) {
	i := newInstance(b)
	b.Run("the rules", func(b *testing.B) {
		i.in(b, i.machine, func() {
			for b.Loop() {
				if err := apply(rules()); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
	b.Run("the rules by nft", func(b *testing.B) {
		file := filepath.Join(b.TempDir(), "rules")
		text := "table inet mayfly\ndelete table inet mayfly\n" + i.run(b, i.machine, "nft list table inet mayfly")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
		i.in(b, i.machine, func() {
			for b.Loop() {
				if err := exec.Command("nft", "-f", file).Run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
	b.Run("rules and probe", func(b *testing.B) {
		for b.Loop() {
			if err := i.close(b, Agent, rules()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
