package image

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheVersionOfPackerDecidesWhatItIsAsked(t *testing.T) {
	for said, older := range map[string]bool{"Packer v1.6.6": true, "Packer v1.9.4\n": true, "Packer v1.10.0": false, "Packer v1.14.2\n\nYour version is out of date!": false, "Packer v2.0.0": false} {
		program := filepath.Join(t.TempDir(), "packer")
		if err := os.WriteFile(program, []byte("#!/bin/sh\necho '"+said+"'\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		if p, err := findPacker(t.Context(), program); err != nil || p.older != older {
			t.Errorf("%q: got %+v, %v, want older %v", said, p, err, older)
		}
	}
	for program, want := range map[string]string{"no-such-packer": "packer is missing, which makes images", "true": "no version of Packer", "false": "false version: exit status 1"} {
		if _, err := findPacker(t.Context(), program); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", program, err, want)
		}
	}
}

// What Packer 1.6.6 said in a build without credentials, and what newer ones say at the end of one.
func TestWhatPackerSaysIsRead(t *testing.T) {
	var r reading
	var steps []string
	for _, line := range []string{
		"1795291250,,ui,say,==> amazon-ebs.image: Prevalidating any provided VPC information",
		"1795291250,,ui,error,line 1 of a script", "1795291250,,ui,error,line 2 of a script", "1795291250,,ui,error,line 3 of a script",
		"1795291250,,ui,error,line 4 of a script", "1795291250,,ui,error,line 5 of a script",
		"1795291250,,ui,error,Build 'amazon-ebs.image' errored: No valid credential sources found.",
		"1795291250,,error-count,1",
		"1795291250,,ui,error,\\n==> Some builds didn't complete successfully",
		"garbage",
		"1795291260,,ui,say,--> amazon-ebs.image: AMIs were created:\\nus-east-1: ami-0123456789abcdef0",
		"1795291260,amazon-ebs.image,artifact,0,builder-id,mitchellh.amazonebs",
		"1795291260,amazon-ebs.image,artifact,0,id,eu-west-1:ami-0123456789abcdef0",
	} {
		if step := r.line(line, io.Discard); step != "" {
			steps = append(steps, step)
		}
	}
	if got, want := r.ami, "ami-0123456789abcdef0"; got != want {
		t.Errorf("the AMI: got %q, want %q", got, want)
	}
	if got, want := strings.Join(steps, "|"), "Prevalidating any provided VPC information"; got != want {
		t.Errorf("steps: got %q, want %q", got, want)
	}
	if got, want := r.why(), ":\nline 2 of a script\nline 3 of a script\nline 4 of a script\nline 5 of a script\nBuild 'amazon-ebs.image' errored: No valid credential sources found."; got != want {
		t.Errorf("why: got %q, want %q", got, want)
	}
}
