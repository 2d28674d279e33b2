package main

import "testing"

func TestWhatNobodyMeantIsMisuse(t *testing.T) {
	for _, test := range []struct {
		args []string
		want int
	}{
		{nil, 2}, {[]string{"deplyo"}, 2}, {[]string{"deploy", "--nope"}, 2}, {[]string{"destroy", "--nope"}, 2},
		{[]string{"deploy", "--help"}, 0}, {[]string{"destroy", "--help"}, 0},
	} {
		if got := run(t.Context(), test.args); got != test.want {
			t.Errorf("%q: got exit code %d, want %d", test.args, got, test.want)
		}
	}
}
