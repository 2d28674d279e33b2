//go:build aws

package main

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// packed is what make lambda makes of a copy of the source, in a folder of its own.
func packed(t *testing.T) []byte {
	t.Helper()
	list := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "-co", "--exclude-standard")
	list.Dir = "../.."
	names, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	source := t.TempDir()
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		text, err := os.ReadFile("../../" + name)
		if os.IsNotExist(err) {
			continue // it is to be removed
		}
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(source, name)), 0o750)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(source, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	build := exec.CommandContext(t.Context(), "make", "lambda")
	build.Dir = source
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	zipped, err := os.ReadFile(filepath.Join(source, "bin", "lambda.zip"))
	if err != nil {
		t.Fatal(err)
	}
	return zipped
}

// Lambda takes 50 MB that are uploaded at once, and looks for bootstrap at the root.
// Source: docs.aws.amazon.com, AWS Lambda Developer Guide, "Lambda quotas" and "Building a custom runtime".
func TestMakeLambdaPacksTheSameStaticBinaryEachTime(t *testing.T) {
	first, second := packed(t), packed(t)
	if !bytes.Equal(first, second) {
		t.Errorf("two builds differ: %d and %d bytes", len(first), len(second))
	}
	if got, most := len(first), 50_000_000; got > most {
		t.Errorf("got %d bytes, want %d at most", got, most)
	}
	archive, err := zip.NewReader(bytes.NewReader(first), int64(len(first)))
	if err != nil {
		t.Fatal(err)
	}
	if len(archive.File) != 1 || archive.File[0].Name != "bootstrap" || archive.File[0].Mode()&0o111 != 0o111 {
		t.Fatalf("got %d files, %s %s, want bootstrap alone, which everybody may execute", len(archive.File), archive.File[0].Name, archive.File[0].Mode())
	}
	file, err := archive.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	binary, err := elf.NewFile(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	dynamic := slices.ContainsFunc(binary.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP })
	if binary.Machine != elf.EM_AARCH64 || dynamic {
		t.Errorf("got a binary for %s, dynamic is %v, want a static one for arm64", binary.Machine, dynamic)
	}
}
