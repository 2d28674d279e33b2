package image

import (
	"maps"
	"testing"
	"testing/fstest"
)

func TestABaseIsAnotherJustWhenItsInputsAre(t *testing.T) {
	files := fstest.MapFS{
		"image.pkr.hcl": {Data: []byte("template")}, "scripts/base.sh": {Data: []byte("base")}, "scripts/os.sh": {Data: []byte("os")},
		"scripts/runner.sh": {Data: []byte("runner")}, "scripts/verify.sh": {Data: []byte("verify")}, "scripts/files/all/sysctl.conf": {Data: []byte("a")},
	}
	in := input{name: Names()[0], profile: "compat"}
	of := func(in input, source string, changed string) string {
		changing := maps.Clone(files)
		if changed != "" {
			changing[changed] = &fstest.MapFile{Data: []byte("changed")}
		}
		digest, err := baseDigest(in, source, changing)
		if err != nil {
			t.Fatal(err)
		}
		return digest
	}
	was := of(in, "ami-1", "")
	for changed, same := range map[string]bool{
		"": true, "scripts/runner.sh": true, "scripts/verify.sh": true, "scripts/checks/1.sh": true, "scripts/files/hardened/etc/fstab": true, "scripts/files/clean/etc/fstab": true, "README.md": true,
		"scripts/base.sh": false, "scripts/os.sh": false, "scripts/new.sh": false, "scripts/files/all/sysctl.conf": false, "image.pkr.hcl": false,
	} {
		if got := of(in, "ami-1", changed) == was; got != same {
			t.Errorf("with another %q: got the same base %v, want %v", changed, got, same)
		}
	}
	hardened, pinned, other := in, in, in
	hardened.profile, pinned.upstream, other.name = "hardened", upstream, Names()[1]
	if of(hardened, "ami-1", "") != was {
		t.Error("a base is for both profiles, and it is another one for hardened")
	}
	for name, got := range map[string]string{
		"source": of(in, "ami-2", ""), "commit": of(pinned, "ami-1", ""), "image": of(other, "ami-1", ""),
	} {
		if got == was {
			t.Errorf("with another %s it is the same base", name)
		}
	}
	delete(files, "scripts/files/all/sysctl.conf")
	if got := of(in, "ami-1", ""); got == was {
		t.Error("without a file it is the same base")
	}
}
