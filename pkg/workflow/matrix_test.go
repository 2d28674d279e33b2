package workflow_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAMatrixIsMultipliedOutAsGitHubDoes(t *testing.T) {
	for name, c := range map[string]struct {
		matrix string
		want   []string // names, and what the matrix is
	}{
		"product":          {"{arch: [x64, arm64], part: [1, 2]}", []string{"check (x64, 1)", "check (x64, 2)", "check (arm64, 1)", "check (arm64, 2)"}},
		"exclude a part":   {"{arch: [x64, arm64], part: [1, 2], exclude: [{arch: arm64}, {arch: x64, part: 2}]}", []string{"check (x64, 1)"}},
		"exclude loosely":  {"{arch: [X64], part: [1, '2', x], exclude: [{arch: x64, part: '1'}, {part: 2}]}", []string{"check (X64, x)"}},
		"include extends":  {"{arch: [x64, arm64], include: [{arch: x64, color: red}]}", []string{"check (x64) red", "check (arm64)"}},
		"include adds":     {"{arch: [x64], include: [{arch: mips, color: red}]}", []string{"check (x64)", "check (mips, red) red"}},
		"include alone":    {"{include: [{arch: x64}, {arch: arm64, color: red}]}", []string{"check (x64)", "check (arm64, red) red"}},
		"include for all":  {"{arch: [x64, arm64], include: [{color: red}]}", []string{"check (x64) red", "check (arm64) red"}},
		"later ones win":   {"{arch: [x64, arm64], include: [{color: red}, {arch: x64, color: blue}]}", []string{"check (x64) blue", "check (arm64) red"}},
		"none overwrites":  {"{arch: [x64], part: [1], include: [{arch: x64, part: 2, color: red}]}", []string{"check (x64, 1)", "check (x64, 2, red) red"}},
		"excluded returns": {"{arch: [x64, arm64], exclude: [{arch: x64}], include: [{arch: x64}]}", []string{"check (arm64)", "check (x64)"}},
		"new ones stay":    {"{arch: [x64], include: [{arch: mips}, {arch: mips, color: red}]}", []string{"check (x64)", "check (mips)", "check (mips, red) red"}},
		"numbers":          {"{v: [3.10, '3.10', 1e3, 0x10, null, false]}", []string{"check (3.1)", "check (3.10)", "check (1000)", "check (16)", "check", "check (false)"}},
		"objects":          {"{os: [{name: linux, color: red}, {name: mac}], exclude: [{os: {name: MAC}}]}", []string{"check (linux, red)"}},
		"lists":            {"{os: [[a, b], [c]], exclude: [{os: [c]}]}", []string{"check (a, b)"}},
		"expressions":      {"{id: ['${{ github.run_id }}']}", []string{"check (7)"}},
	} {
		w := must(t, job("    strategy: {matrix: "+c.matrix+"}\n    runs-on: mayfly\n    steps: [run: 'echo ${{ matrix.color }}']\n"))
		var got []string
		for _, job := range w.Jobs {
			got = append(got, strings.TrimSpace(job.Name+strings.TrimPrefix(job.Steps[0].Run, "echo")))
		}
		if diff := cmp.Diff(c.want, got); diff != "" || len(w.Notices) > 0 {
			t.Errorf("%s: notices %v, jobs (-want +got):\n%s", name, w.Notices, diff)
		}
	}
}

// The examples of docs.github.com, "Running variations of jobs in a workflow".
func TestTheExampleOfGitHubsDocumentation(t *testing.T) {
	w := must(t, job(`    strategy:
      matrix:
        fruit: [apple, pear]
        animal: [cat, dog]
        include:
          - color: green
          - color: pink
            animal: cat
          - fruit: apple
            shape: circle
          - fruit: banana
          - fruit: banana
            animal: cat
    runs-on: mayfly
    steps: [run: "${{ matrix.fruit }} ${{ matrix.animal }} ${{ matrix.color }} ${{ matrix['shape'] }}"]
`))
	var got []string
	for _, job := range w.Jobs {
		got = append(got, strings.TrimSpace(job.Steps[0].Run))
	}
	want := []string{"apple cat pink circle", "apple dog green circle", "pear cat pink", "pear dog green", "banana", "banana cat"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
}

func TestANameIsGivenItsCombination(t *testing.T) {
	for name, want := range map[string]string{
		"Build": "Build (x64)", "Build ${{ matrix.arch }}": "Build x64", `""`: "check (x64)",
		strings.Repeat("é", 97): strings.Repeat("é", 97) + "...",
	} {
		w := must(t, job("    name: "+name+"\n    strategy: {matrix: {arch: [x64]}}"+ending))
		if got := w.Jobs[0].Name; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
