package labels_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/labels"
)

// bad is labels, joined by a bar, and what is said of one of them.
var bad = map[string]string{
	"mayfly/runner=3cpu-linux-x64":     `there is no runner "3cpu-linux-x64": use <N>cpu-linux-x64 or <N>cpu-linux-arm64, with N one of 1, 2, 4, 8, 16, 32, 48, 64`,
	"mayfly/runner=04cpu-linux-x64":    `there is no runner "04cpu-linux-x64": use`,
	"mayfly/runner=4cpu-windows-x64":   `there is no runner "4cpu-windows-x64": use`,
	"mayfly/runner=4cpu-linux-x86":     `there is no runner "4cpu-linux-x86": use`,
	"mayfly/runner=4":                  `there is no runner "4": use`,
	"mayfly,runner=2cpu-linux-x64+4":   `there is no runner "2cpu-linux-x64+4": use`,
	"mayfly/runner=":                   "key runner has no value: write runner=4cpu-linux-arm64 or the like, or remove it",
	"mayfly/spot":                      "key spot has no value: write spot=",
	"mayfly/cpu= ":                     "key cpu has no value",
	"mayfly|cpu=":                      "key cpu has no value",
	"mayfly/spot=perhaps":              "spot=perhaps is not known: use true, false, price-capacity-optimized,",
	"mayfly/spot=yes":                  "spot=yes is not known",
	"mayfly/cpu=four":                  "cpu=four is not a number of vCPUs from 1 to 2048: write cpu=4, or cpu=2+8 for 2 to 8",
	"mayfly/cpu=0":                     "cpu=0 is not a number of vCPUs",
	"mayfly/cpu=-4":                    "cpu=-4 is not a number of vCPUs",
	"mayfly/cpu=2+":                    "cpu=2+ is not a number of vCPUs",
	"mayfly/cpu=+":                     "cpu=+ is not a number of vCPUs",
	"mayfly/cpu=0+4":                   "cpu=0+4 is not a number of vCPUs",
	"mayfly/cpu=2-8":                   "cpu=2-8 is not a number of vCPUs",
	"mayfly/cpu=2.5":                   "cpu=2.5 is not a number of vCPUs",
	"mayfly/cpu=4gb":                   "cpu=4gb is not a number of vCPUs",
	"mayfly/cpu=0x4":                   "cpu=0x4 is not a number of vCPUs",
	"mayfly/cpu=1e3":                   "cpu=1e3 is not a number of vCPUs",
	"mayfly/cpu=٤":                     "cpu=٤ is not a number of vCPUs",
	"mayfly/cpu=４":                     "cpu=４ is not a number of vCPUs",
	"mayfly/cpu=2049":                  "cpu=2049 is not a number of vCPUs from 1 to 2048",
	"mayfly/cpu=2147483648":            "is not a number of vCPUs",
	"mayfly/cpu=99999999999999999999":  "is not a number of vCPUs",
	"mayfly/cpu=18446744073709551618":  "is not a number of vCPUs",
	"mayfly/cpu=2/cpu=4":               `key cpu is given twice, as "2" and as "4": keep one`,
	"mayfly/cpu=2/CPU=4":               `key cpu is given twice, as "2" and as "4": keep one`,
	"mayfly/cpu=2|mayfly/cpu=4":        `key cpu is given twice, as "2" and as "4": keep one`,
	"mayfly/cpu=2|cpu=4":               `key cpu is given twice, as "2" and as "4": keep one`,
	"mayfly|cpu=2/cpu=4":               `key cpu is given twice, as "2" and as "4": keep one`,
	"mayfly/cpu=a=b":                   "cpu=a=b is not a number of vCPUs",
	"mayfly/ram=lots":                  "ram=lots is not a number of GiB up to 32768: write ram=16 for 16 or more, or ram=16+32 for 16 to 32",
	"mayfly/ram=16mb":                  "ram=16mb is not a number of GiB",
	"mayfly/ram=0.5":                   "ram=0.5 is not a number of GiB",
	"mayfly/ram=16+":                   "ram=16+ is not a number of GiB",
	"mayfly/ram=32769":                 "ram=32769 is not a number of GiB",
	"mayfly/ram=9223372036854775808":   "is not a number of GiB",
	"mayfly/family=":                   "key family has no value",
	"mayfly/family=+":                  `family=+: "" names no instance types: write family=m7a`,
	"mayfly/family=m7a+":               `family=m7a+: "" names no instance types`,
	"mayfly/family=m7 a":               `"m7 a" names no instance types`,
	"mayfly/family=c7a.":               `"c7a." names no instance types`,
	"mayfly/family=[a-z]":              `"[a-z]" names no instance types`,
	"mayfly/family=м7a":                `"м7a" names no instance types`, // a Cyrillic letter
	"mayfly/image=a b":                 "image=a b is not the name of an image: use letters",
	"mayfly/image=..":                  "image=.. is not the name of an image",
	"mayfly/image=a*":                  "image=a* is not the name of an image",
	"mayfly/ami=ubuntu":                "ami=ubuntu is not the id of an AMI: write ami-, and 8 or 17 hexadecimal digits",
	"mayfly/ami=ami-":                  "ami=ami- is not the id of an AMI",
	"mayfly/ami=ami-0123456789abcdefg": "is not the id of an AMI",
	"mayfly/ami=ami-0123456789":        "is not the id of an AMI",
	"mayfly/image=a/ami=ami-0123abcd":  "image=a and ami=ami-0123abcd both say what to boot from: keep one",
	"mayfly|image=a|ami=ami-0123abcd":  "image=a and ami=ami-0123abcd both say what to boot from: keep one",
	"mayfly/retry=always":              "retry=always is not known: use when-interrupted or false",
	"mayfly/ssh=yes":                   "ssh=yes is neither yes nor no: use true or false",
	"mayfly/private=1":                 "private=1 is neither yes nor no: use true or false",
	"mayfly/ssh":                       "key ssh has no value",
	"mayfly/env=":                      "key env has no value",
	"mayfly/region":                    "key region has no value",

	"mayfly/volume=":                    "key volume has no value: write volume=80gb:gp3:750mbs:4000iops",
	"mayfly/volume=80":                  `volume=80: "80" is not understood, or given twice: write it as size, type, throughput and IOPS`,
	"mayfly/volume=big":                 `volume=big: "big" is not understood`,
	"mayfly/volume=:":                   `volume=:: "" is not understood`,
	"mayfly/volume=80gb:":               `"" is not understood`,
	"mayfly/volume=0gb":                 `"0gb" is not understood`,
	"mayfly/volume=-1gb":                `"-1gb" is not understood`,
	"mayfly/volume=80gb:90gb":           `"90gb" is not understood, or given twice`,
	"mayfly/volume=gp3:gp2":             `"gp2" is not understood, or given twice`,
	"mayfly/volume=80pb":                `"80pb" is not understood`,
	"mayfly/volume=st1:500gb":           `"st1" is not understood`,
	"mayfly/volume=65537gb":             "gp3 has at most 65536 GiB: ask for less",
	"mayfly/volume=999999999tb":         "gp3 has at most 65536 GiB",
	"mayfly/volume=9999999999gb":        `"9999999999gb" is not understood`,
	"mayfly/volume=gp2:20tb":            "gp2 has at most 16384 GiB: ask for less",
	"mayfly/volume=gp2:4000iops":        "the IOPS of gp2 cannot be chosen: leave them out, or use gp3",
	"mayfly/volume=gp2:500mbs":          "the throughput of gp2 cannot be chosen: leave it out, or use gp3",
	"mayfly/volume=io2:80gb":            "io2 needs to be told its IOPS: add them, as in :4000iops, or use gp3",
	"mayfly/volume=io2:80gb:300000iops": "io2 has 100 to 256000 IOPS",
	"mayfly/volume=io1:10gb:501iops":    "10 GiB of io1 have at most 500 IOPS: ask for fewer, or for more GiB",
	"mayfly/volume=gp3:100iops":         "gp3 has 3000 to 80000 IOPS: ask for as many",
	"mayfly/volume=gp3:100000iops":      "gp3 has 3000 to 80000 IOPS",
	"mayfly/volume=10gb:5001iops":       "10 GiB of gp3 have at most 5000 IOPS",
	"mayfly/volume=100mbs":              "gp3 has 125 to 2000 MiB/s: ask for as many",
	"mayfly/volume=3000mbs:80000iops":   "gp3 has 125 to 2000 MiB/s",
	"mayfly/volume=1000mbs":             "1000 MiB/s need 4000 IOPS: add :4000iops",

	"mayfly/a\nb":             "it has a control character, perhaps a line break: keep the label on one line",
	"mayfly/cpu=\x00":         "it has a control character",
	"mayfly/cpu=4\x1b[31m":    "it has a control character",
	"mayfly|cpu=4\n":          "it has a control character",
	"mayfly/\xff":             "it is not valid UTF-8: use plain letters",
	"mayfly|cpu=\xff":         "it is not valid UTF-8",
	"mayfly/cpu=4\u202egnp":   "it has a character that cannot be seen, U+202E: remove it",
	"mayfly/cpu=\u200b4":      "it has a character that cannot be seen, U+200B: remove it",
	"mayfly/cpu=\u00a04":      "it has a character that cannot be seen, U+00A0: remove it",
	"mayfly/\ufeff":           "it has a character that cannot be seen, U+FEFF",
	"ubuntu-latest":           "no label asks for a runner of ours: use one that starts with mayfly or runs-on, such as mayfly/runner=2cpu-linux-x64",
	"":                        "no label asks for a runner of ours",
	"cpu=4":                   "no label asks for a runner of ours",
	"my-mayfly/cpu=4|mayfly2": "no label asks for a runner of ours",
	"mayfly|pool=a":           "key pool is not supported, because there are no warm pools",
	"mayfly/pool":             "key pool is not supported",
	"mayfly/disk=a/disk=b":    "key disk is not supported",
	"mayfly/Nested-Virt=true": "key nested-virt is not supported",
	"dependabot":              "key dependabot is not supported, because this bare label stands for a warm pool of its name",
	"mayfly|Dependabot":       "key dependabot is not supported",
	"mayfly/cpu=x/ram=y":      "cpu=x is not a number of vCPUs",

	"mayfly/" + strings.Repeat("x", 1000):                    "it is 1007 bytes long and a label has at most 256",
	"mayfly/" + strings.Repeat("x", 250):                     "it is 257 bytes long and a label has at most 256: shorten the routing value",
	"mayfly/" + strings.Repeat("\u023a", 124):                "it is 379 bytes long", // three bytes in lower case
	"mayfly|cpu=" + strings.Repeat("4", 300):                 "it is 304 bytes long",
	"mayfly/family=" + strings.Repeat("*a", 100):             "names no instance types",
	"mayfly/cpu=" + strings.Repeat("4+", 100) + "4444444444": "is not a number of vCPUs",
}

func TestAProblemSaysWhatIsWrongAndHowToMendIt(t *testing.T) {
	for text, want := range bad {
		job := strings.Split(text, "|")
		ask, err := labels.Parse(job)
		var problem *labels.Error
		if !errors.As(err, &problem) {
			t.Errorf("Parse(%q): got %+v and error %v, want a *labels.Error", job, ask, err)
			continue
		}
		if !strings.Contains(problem.Problem, want) {
			t.Errorf("Parse(%q): got problem %q, want one with %q", job, problem.Problem, want)
		}
		checkError(t, job, err)
	}
	if len(good)+len(bad) < 150 {
		t.Errorf("%d labels are tried, want 150 or more", len(good)+len(bad))
	}
}

// checkError says what is so of every error: it has one line, names a label of the job, if any is
// ours, and is no longer than a person reads.
func checkError(t *testing.T, job []string, err error) {
	t.Helper()
	var bad *labels.Error
	switch {
	case !errors.As(err, &bad):
		t.Errorf("Parse(%q): got error %q, want a *labels.Error", job, err)
	case bad.Problem == "" || strings.ContainsAny(bad.Problem, "\n\r\x1b\x00"):
		t.Errorf("Parse(%q): got problem %q, want one printable line", job, bad.Problem)
	case !strings.Contains(bad.Problem, ": "):
		t.Errorf("Parse(%q): got problem %q, want one that says what to do", job, bad.Problem)
	case len(bad.Problem) > 1024 || len(bad.Label) > 300:
		t.Errorf("Parse(%q): got a problem of %d bytes and a label of %d, want less", job, len(bad.Problem), len(bad.Label))
	case labels.Ours(job) != (bad.Label != ""):
		t.Errorf("Parse(%q): got label %q in the error, want one if any is ours", job, bad.Label)
	}
	for _, label := range job {
		if bad.Label == label || len(label) > 256 && strings.HasPrefix(label, strings.TrimSuffix(bad.Label, "…")) {
			return
		}
	}
	if bad.Label != "" {
		t.Errorf("Parse(%q): got label %q in the error, want one of the job's", job, bad.Label)
	}
}
